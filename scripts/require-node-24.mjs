// Loaded first by every npm script and by vitest.config.ts: an older Node would stop at the first type annotation with an
// error that does not name the cause.
const major = Number(process.versions.node.split('.')[0])
if (major < 24) {
  process.stderr.write(
    `Anchor Ops needs Node 24, but ${process.execPath} is Node ${process.versions.node}: install Node 24 (on Linux and Windows \`npm ci\` does, for npm scripts).\n`,
  )
  process.exit(1)
}
