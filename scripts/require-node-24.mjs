// Preloaded by every npm script that runs TypeScript: an older Node would stop at the first type annotation with an
// error that does not name the cause.
const major = Number(process.versions.node.split('.')[0])
if (major < 24) {
  process.stderr.write(
    `Anchor Ops needs Node 24 and was started on ${process.version} (${process.execPath}).\n` +
      'Run `npm ci` and then the npm script again: it brings Node 24 along. On macOS install Node 24 yourself.\n',
  )
  process.exit(1)
}
