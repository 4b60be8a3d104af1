/**
 * The directions of imports: `npm run check:imports` fails on every arrow that is not listed here. Imports of types count
 * as arrows. docs/ARCHITECTURE.md draws the same picture.
 */

/** Small files at the top of `lib` that any room may import. */
const LEAVES = [
  'caller',
  'csv',
  'errors',
  'log',
  'safe-json',
  'lossless-json',
  'json-place',
  'later',
  'nearest',
  'redactor',
  'text-of',
  'later',
  'trim-end',
  'within',
]

/** Each room of `lib`, and the rooms that it may import. */
const ROOMS = {
  stellar: [],
  net: ['stellar'],
  db: ['stellar'],
  http: [],
  ledger: ['net', 'stellar'],
  platform: ['net', 'stellar'],
  decisions: ['db'],
  schedule: ['db'],
  keys: ['decisions', 'db'],
  updates: ['decisions', 'schedule', 'platform', 'ledger', 'db', 'net', 'stellar'],
  attention: ['payments', 'updates', 'decisions', 'db'],
  events: ['payments', 'updates', 'platform', 'db', 'net'],
  outbox: ['db', 'net'],
  payments: ['decisions', 'schedule', 'updates', 'ledger', 'db', 'net', 'stellar'],
  anchors: ['decisions', 'ledger', 'db', 'net', 'stellar'],
}

/** What describes the API. Only the script that writes the document and the tests load the schemas of all routes. */
const DESCRIPTION = 'openapi'

/** The parser of command lines: that of npm run serve, of all of local and of bench. */
const PARSER = '^serve/command-line\\.ts$'

/** The pages for people. */
const PAGES = 'pages'

/** The families of the Anchor Platform's releases, which a setting names. */
const RELEASE_NAMES = '^lib/platform/releases/families\\.ts$'

/** The rooms that answer routes. Each may also import the schemas of query parameters and the type of its settings. */
const FEATURES = [
  'updates',
  'payments',
  'anchors',
  'decisions',
  'keys',
  'attention',
  'events',
  'outbox',
]

/** Modules that open connections. Only `lib/net` may use them, because it checks every address. */
const NETWORK = '^(node:)?(undici|https?|http2|net|tls|dns|dgram)(/|$)|^node_modules/undici/'

const oneOf = (names) => `(${names.join('|')})`
const file = (...names) => `^lib/${oneOf(names)}\\.ts$`
const folder = (...names) => `^lib/${oneOf(names)}/`

/** @returns a rule that refuses every import of our own files outside `allowed` (patterns of paths). */
function mayImportOnly(name, from, allowed) {
  return {
    name,
    comment: `It may import only ${allowed.join(', ')}.`,
    severity: 'error',
    from: { path: from },
    to: { pathNot: [...allowed, 'node_modules'], dependencyTypes: ['local'] },
  }
}

const rooms = Object.entries(ROOMS).map(([room, others]) =>
  mayImportOnly(`lib/${room}`, folder(room), [
    folder(room, ...others),
    file(...(room === 'stellar' ? ['errors', 'trim-end'] : LEAVES)),
    ...(FEATURES.includes(room) ? ['^lib/http/parameters\\.ts$', '^lib/config\\.ts$'] : []),
  ]),
)

export default {
  forbidden: [
    {
      name: 'no-circle',
      comment: 'No file is part of a circle of imports, types included.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'platform-never-reaches-db',
      comment:
        'lib/platform is the Anchor Platform as it is. No path of imports leads to a database.',
      severity: 'error',
      from: { path: folder('platform') },
      to: { path: folder('db'), reachable: true },
    },
    ...rooms,
    mayImportOnly('lib/errors', file('errors', 'safe-json'), []),
    mayImportOnly('lib/log', file('log', 'lossless-json'), [
      file('errors', 'safe-json', 'text-of', 'log-events'),
    ]),
    mayImportOnly('lib/config', file('config'), [
      file('errors', 'settings'),
      folder('stellar'),
      RELEASE_NAMES,
    ]),
    mayImportOnly('lib/settings', file('settings'), [
      folder('stellar'),
      file('trim-end'),
      RELEASE_NAMES,
    ]),
    mayImportOnly('lib/health', folder('health'), [
      folder('health', 'db'),
      file(...LEAVES),
      RELEASE_NAMES,
      '^lib/(outbox/(endpoint|store)|anchors/store|attention/store|events/store|keys/query-secret-use|schedule/(kinds|store)|updates/(store-reads|check-platform|result)|payments/(open-list-|open/|books/)?store)\\.ts$',
    ]),
    mayImportOnly('lib/metrics', folder('metrics'), [
      folder('metrics', 'db', 'stellar'),
      file('config', ...LEAVES),
      '^lib/(attention/store|schedule/(kinds|store)|updates/result|payments/(open/store|verdict/codes)|platform/methods)\\.ts$',
    ]),
    // What pages show, and the decisions that their forms make, are those of the features. They answer no URL of ours.
    mayImportOnly('lib/pages', folder(PAGES), [
      folder(PAGES, ...FEATURES, 'health', 'schedule', 'db', 'stellar'),
      '^lib/http/(answer|parameters|credential|refusal-log)\\.ts$',
      '^lib/config\\.ts$',
      file(...LEAVES),
    ]),
    mayImportOnly('lib/openapi', folder(DESCRIPTION), [
      folder(DESCRIPTION, ...Object.keys(ROOMS)),
      file(...LEAVES),
    ]),
    mayImportOnly('lib/deps', file('deps'), ['^lib/']),
    mayImportOnly('api', '^api/', [
      file('deps'),
      folder('http', 'health', 'metrics', 'schedule', DESCRIPTION, PAGES, ...FEATURES),
    ]),
    mayImportOnly('client', '^client/', ['^client/']),
    mayImportOnly('serve', '^serve/', [
      '^serve/',
      '^lib/schedule/kinds',
      file('deps', 'config', 'errors', 'log'),
      '^lib/http/(answer|caller-address|response)\\.ts$',
    ]),
    // The command line knows a deployment by HTTP alone: it shares the parser, and of local the table and what npm start has.
    mayImportOnly('local/ops', '^local/ops/', [
      '^local/(ops/|(table|shown-text|development-secrets)\\.ts$)',
      PARSER,
      '^client/src/client\\.ts$',
      '^lib/(net/(fetch-own|map-limit)|keys/name|decisions/note|http/parameters|payments/books/(csv|read-routes)|schedule/kinds|stellar/observer-start)\\.ts$',
      file('caller', 'redactor'),
    ]),
    mayImportOnly('local', '^local/(?!ops/)', ['^(local/(?!ops/)|serve/|lib/|api/)']),
    mayImportOnly('bench', '^bench/', [
      '^(bench|local|lib|api)/',
      PARSER,
      '^tests/helpers/',
      '^package\\.json$',
    ]),
    {
      name: 'settings-are-types',
      comment:
        'A feature takes its settings as an argument: of lib/config.ts it imports types only.',
      severity: 'error',
      from: { path: folder(PAGES, ...FEATURES) },
      to: { path: file('config'), dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'network-in-lib-net-only',
      comment: 'A network module is used in lib/net only. Use its guarded fetch.',
      severity: 'error',
      from: { path: '^(api|lib)/', pathNot: folder('net') },
      to: { path: NETWORK, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'stellar-sdk-in-one-file',
      comment:
        'The Stellar SDK adds 300 ms to a cold start. Only lib/payments/refund/envelope.ts uses it.',
      severity: 'error',
      from: { path: '^(api|lib)/', pathNot: '^lib/payments/refund/envelope\\.ts$' },
      to: { path: '^(node_modules/)?@stellar/' },
    },
    {
      name: 'stellar-sdk-loaded-late',
      comment: 'Import lib/payments/refund/envelope.ts when a refund is prepared, by import().',
      severity: 'error',
      from: {},
      to: {
        path: '^lib/payments/refund/envelope\\.ts$',
        dependencyTypesNot: ['dynamic-import', 'type-only'],
      },
    },
    {
      name: 'stellar-does-no-io',
      comment: 'lib/stellar holds values. It may use node:url, node:crypto and node:buffer.',
      severity: 'error',
      from: { path: folder('stellar') },
      to: { pathNot: ['^lib/', '^(node:)?(url|crypto|buffer)$'] },
    },
  ],
  options: { tsPreCompilationDeps: true, doNotFollow: { path: 'node_modules' } },
}
