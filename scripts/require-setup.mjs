// Loaded first by every npm script and by vitest.config.ts: an older Node would stop at the first type annotation, and a
// missing package at its import, with errors that do not say what to do.
import { readFileSync } from 'node:fs'

const major = Number(process.versions.node.split('.')[0])
if (major < 24) {
  process.stderr.write(
    `Anchor Ops needs Node 24, but ${process.execPath} is Node ${process.versions.node}: install Node 24 (on Linux and Windows \`npm ci\` does, for npm scripts).\n`,
  )
  process.exit(1)
}

const { dependencies } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
)
const missing = Object.keys(dependencies).filter((name) => !isInstalled(name))
if (missing.length > 0) {
  process.stderr.write(
    `Anchor Ops needs the packages of package-lock.json, but ${missing.join(', ')} cannot be found: run \`npm ci\` first.\n`,
  )
  process.exit(1)
}

/** @param {string} name */
function isInstalled(name) {
  try {
    import.meta.resolve(name)
    return true
  } catch {
    return false
  }
}
