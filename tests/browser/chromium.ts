import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium } from 'playwright-core'

/** Where Debian and Ubuntu put it. */
const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser']

/** The Chromium of this machine; null if it has none, which is a failure under CI. */
export function findChromium(): string | null {
  const found = PLACES.find((path) => existsSync(path)) ?? null
  if (found === null && process.env['CI'] === 'true') {
    throw new Error(
      `No Chromium was found in ${PLACES.join(' or ')}; allowed under CI: Debian's package chromium, which .ci/run installs.`,
    )
  }
  return found
}

/** How a page is looked at. */
export const LOOKS = {
  light: { colorScheme: 'light', viewport: { width: 1280, height: 900 } },
  dark: { colorScheme: 'dark', viewport: { width: 1280, height: 900 } },
  phone: { colorScheme: 'light', viewport: { width: 390, height: 844 } },
  print: { colorScheme: 'light', viewport: { width: 800, height: 1_130 } },
} as const
export type Look = keyof typeof LOOKS

/** Opens Chromium with a user folder of its own. */
export async function openBrowser(
  executablePath: string,
  look: Look,
): Promise<{ context: BrowserContext; close: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'anchor-ops-chromium-'))
  const context = await chromium.launchPersistentContext(folder, {
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
    ...LOOKS[look],
  })
  return {
    context,
    close: async () => {
      await context.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
