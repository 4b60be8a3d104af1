import { mkdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { opsParameters, runOps } from '../../lib/anchors/ops.ts'
import { deliverOnSchedule } from '../../lib/outbox/deliver.ts'
import { observeOnSchedule } from '../../lib/payments/observe.ts'
import { DEVELOPMENT_BUSINESS_KEY, DEVELOPMENT_SECRET } from '../../local/development-secrets.ts'
import { type LocalService, startLocalService } from '../../local/service.ts'
import { findChromium, LOOKS, type Look, openBrowser } from './chromium.ts'

/** The screenshots stay here, for a person to look at. */
const SCREENSHOTS = resolve(import.meta.dirname, '../../.screenshots')

const PAGES = {
  catalog: '/',
  'catalog-filtered': '/?country=MX&operationalOnly=true',
  'catalog-empty': '/?search=nothing-has-this-name',
  'anchor-works': '/anchors/balticramp.sim',
  'anchor-not': '/anchors/stolenkey.sim',
  'check-form': '/check',
  check: '/check?domain=stolenkey.sim',
  missing: '/anchors/none.example.com',
  'ops-sign-in': '/ops',
} as const

const executable = findChromium()

// axe and a screenshot of a whole page take seconds on a loaded machine.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 })

if (executable === null) {
  test('was not run: Chromium is not installed (apt-get install chromium)', () => {
    expect(process.env['CI']).not.toBe('true')
  })
} else {
  describe('the pages in Chromium', () => {
    let service: LocalService
    beforeAll(async () => {
      await mkdir(SCREENSHOTS, { recursive: true })
      service = await startLocalService({
        options: { world: 'simulated', port: 0 },
        // A host that takes no webhook, so that events wait on the page of operators.
        environment: {
          WEBHOOK_URLS: 'https://balticramp.sim/webhooks',
          WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
        },
        dataRoot: null,
        makeLog: () => () => {},
      })
      const sync = opsParameters.parse({ action: 'sync', refreshLimit: 1000 })
      await runOps(sync, service.deps, { scheduled: false })
      await observeOnSchedule(null, { keyName: 'CRON_SECRET', rights: new Set() }, service.deps)
      await deliverOnSchedule(service.deps)
      // On a loaded machine the first sync may take more than a minute.
    }, 300_000)
    afterAll(() => service.close())

    describe.each(Object.keys(LOOKS) as Look[])('as %s', (look) => {
      let browser: Awaited<ReturnType<typeof openBrowser>>
      let page: Page
      /** What the browser refused or failed to load, such as by the Content-Security-Policy. */
      const complaints: string[] = []
      beforeAll(async () => {
        browser = await openBrowser(executable, look)
        page = await openPage(browser.context)
        page.on('console', (message) => {
          if (message.type() === 'error') complaints.push(message.text())
        })
        page.on('pageerror', (error) => complaints.push(error.message))
      })
      afterAll(() => browser.close())

      test.each(Object.entries(PAGES))('%s has no fault that axe finds', async (name, path) => {
        await page.goto(service.url + path)
        await lookAt(page, name, look)
      })

      test('ops has no fault that axe finds, once signed in', async () => {
        await signIn(page, service.url, DEVELOPMENT_BUSINESS_KEY)
        await signIn(page, service.url, DEVELOPMENT_SECRET)
        expect(await page.textContent('main')).toContain('BUSINESS_API_KEY')
        expect(await page.locator('.told li', { hasText: 'waiting' }).count()).toBeGreaterThan(0)
        expect(await page.getByRole('button', { name: 'Send again the event' }).count()).toBe(20)
        await lookAt(page, 'ops', look)
      })

      test('no page was refused anything by its Content-Security-Policy', () => {
        expect(complaints.filter((text) => !text.includes('status of 404'))).toEqual([])
      })
    })

    describe('by keyboard alone', () => {
      let browser: Awaited<ReturnType<typeof openBrowser>>
      let page: Page
      beforeAll(async () => {
        browser = await openBrowser(executable, 'light')
        page = await openPage(browser.context)
      })
      afterAll(() => browser.close())

      test('a person skips to the content, searches, and opens the page of an anchor', async () => {
        await page.goto(service.url)
        await page.keyboard.press('Tab')
        expect(await focused(page)).toBe('Skip to the content')
        await page.keyboard.press('Enter')
        await page.keyboard.press('Tab')
        expect(await page.evaluate(() => document.activeElement?.getAttribute('name'))).toBe(
          'search',
        )
        await page.keyboard.type('baltic')
        await page.keyboard.press('Enter')
        await page.waitForURL(/search=baltic/)
        await page.focus('input[name=search]')
        await tabTo(page, 'Baltic Ramp')
        await page.keyboard.press('Enter')
        await page.waitForURL(/\/anchors\/balticramp\.sim$/)
        expect(await page.textContent('h1')).toBe('Baltic Ramp')
      })

      test('a person signs in, decides what waits, and signs out', async () => {
        await page.goto(`${service.url}/ops`)
        await page.focus('input[name=key]')
        await page.keyboard.type('not-a-key')
        await page.keyboard.press('Enter')
        await page.waitForSelector('[role=alert]')
        expect(await page.textContent('[role=alert]')).toContain('not known')
        await signIn(page, service.url, DEVELOPMENT_BUSINESS_KEY)
        const before = await page.locator('.card').count()
        expect(before).toBeGreaterThanOrEqual(2)
        const card = page.locator('.card', { hasText: 'An update that was undone' }).first()
        await card.getByLabel('How it is known').focus()
        await page.keyboard.type('The platform shows the transaction without it')
        await tabTo(page, 'Not applied')
        await page.keyboard.press('Enter')
        await page.waitForURL(/done=not_applied/)
        expect(await page.locator('.card').count()).toBe(before - 1)
        expect(await page.textContent('main')).toContain(
          'The platform shows the transaction without it',
        )
        await page.getByRole('button', { name: 'Sign out' }).focus()
        await page.keyboard.press('Enter')
        await page.waitForSelector('input[name=key]')
        expect(await browser.context.cookies()).toEqual([])
      })
    })
  })
}

async function openPage(context: BrowserContext): Promise<Page> {
  const [page = await context.newPage()] = context.pages()
  return page
}

/** Takes a screenshot, and refuses every fault that axe finds and a page that is wider than its window. */
async function lookAt(page: Page, name: string, look: Look): Promise<void> {
  await page.emulateMedia({ media: look === 'print' ? 'print' : 'screen' })
  await page.screenshot({ path: `${SCREENSHOTS}/${name}-${look}.png`, fullPage: true })
  const { violations } = await new AxeBuilder({ page }).analyze()
  const faults = violations.map(({ id, nodes }) => ({ id, where: nodes.map(({ html }) => html) }))
  await page.emulateMedia({ media: 'screen' })
  expect(faults).toEqual([])
  const [content, window] = await page.evaluate(() => [
    document.documentElement.scrollWidth,
    document.documentElement.clientWidth,
  ])
  expect(content, 'the width of the content').toBeLessThanOrEqual(window ?? 0)
}

async function signIn(page: Page, url: string, key: string): Promise<void> {
  await page.goto(`${url}/ops`)
  // A closed <details> hides the form for another key.
  await page.evaluate(() => {
    for (const one of document.querySelectorAll('details')) one.open = true
  })
  await page.fill('input[name=key]', key)
  await page.press('input[name=key]', 'Enter')
  await page.waitForSelector('text=Signed in as')
}

const focused = (page: Page) => page.evaluate(() => document.activeElement?.textContent ?? '')

/** Goes on with the Tab key until something with this text has the focus. */
async function tabTo(page: Page, text: string): Promise<void> {
  for (let presses = 0; presses < 80; presses += 1) {
    if ((await focused(page)).trim() === text) return
    await page.keyboard.press('Tab')
  }
  throw new Error(`No Tab reached "${text}"`)
}
