import { type Answer, bodyAnswer, redirectAnswer, statusAnswer } from './answer.ts'

export type SimulatedSep = 6 | 10 | 12 | 24 | 31 | 38 | 45 | 59

/** The ways to spell a stellar.toml, besides the plain one. */
type Spelling =
  | 'comments'
  | 'crlf'
  | 'single-quotes'
  | 'byte-order-mark'
  | 'stray-character'
  | 'curly-quotes'
  | 'duplicate-key'
  | 'endpoints-below-a-table'

export interface SimulatedAnchor {
  name: string
  domain: string
  /** As the directory's row writes them: names or codes, a list or one text. */
  locations: string[] | string
  currencies: string[] | string
  /** The direction of its services. An anchor without one offers both. */
  direction?: 'deposit' | 'withdraw'
  seps: SimulatedSep[]
  /** The codes of its assets. `native` is XLM. */
  assets: string[]
  website?: string | null
  /** The host of the SEP-6 and SEP-24 endpoints, if it is not the home domain. */
  transferHost?: string
  transferHostAddress?: string
  fees?: 'none' | 'numbers' | 'strings'
  spelling?: Spelling
  trailingSlash?: true
  endpointScheme?: 'http'
  networkPassphrase?: string
  withoutSigningKey?: true
  /** The answer to every request for the stellar.toml, instead of the file. */
  tomlAnswer?: Answer
  /** The answer to every request for `/info`, instead of the real one. */
  infoAnswer?: Answer
  /** The answers to requests for single `/info`, instead of the real ones. */
  infoAnswers?: Partial<Record<SimulatedSep, Answer>>
  /** `/info` wants a token. */
  needsToken?: true
  /** What its SEP-10 server gets wrong, and whom it serves. */
  webAuth?: {
    signs?:
      | 'with-another-key'
      | 'for-testnet'
      | 'for-another-host'
      | 'what-can-be-submitted'
      | 'for-seconds'
    serves?: 'nobody' | 'known-wallets' | 'another-home-domain'
    /** It answers 503. */
    isDown?: true
  }
  /** The database or the business behind the server is away. Its `/info` and challenges are as ever. */
  down?: 'database' | 'business'
  /** For how many hours before the world began it has answered as its faults say. Without it: always. */
  illForHours?: number
  /** The currency that each asset stands for, as the stellar.toml says it. */
  pegs?: Record<string, string>
  /** Everything is switched off, or these assets in this direction. */
  closed?: true | { deposit?: string[]; withdraw?: string[] }
  /** What the issuers' accounts say: the home domain of somebody else, or nothing because there is no account. */
  issuers?: 'of-another-home-domain' | 'missing'
  /** The countries of its quotes (SEP-38). */
  quoteCountries?: string[]
  /** What it offers by SEP-59. */
  offerings?: object[]
  withoutCors?: true
  tomlDelayMs?: number
  infoDelayMs?: number
  /** The home domain redirects to `www.`, which serves everything. */
  redirectsToWww?: true
  certificateName?: string
}

const TESTNET_PASSPHRASE = 'Test SDF Network ; September 2015'
const PARKED_PAGE = '<!doctype html>\n<html><head><title>Domain parked</title></head></html>\n'

/** The simulated anchors. Each shows one behaviour of real anchors. */
export const ANCHORS: readonly SimulatedAnchor[] = [
  // These are healthy, in Latin America.
  {
    name: 'PesoLink',
    domain: 'stellar.pesolink.sim',
    website: 'https://www.pesolink.sim/',
    locations: ['Mexico', 'Argentina'],
    currencies: ['MXN', 'ARS'],
    seps: [10, 12, 24, 38],
    assets: ['MXNL', 'USDC'],
    pegs: { MXNL: 'MXN' },
    fees: 'strings',
  },
  {
    name: 'Ponte Pagamentos',
    domain: 'pontepay.sim',
    locations: ['BR'],
    currencies: 'BRL',
    seps: [6, 10, 12, 24, 31, 38],
    assets: ['BRL', 'USDC'],
    fees: 'numbers',
  },
  {
    name: 'Cambio Andino',
    domain: 'cambioandino.sim',
    locations: 'Peru; Bolivia; Colombia',
    currencies: 'PEN; BOB; COP',
    seps: [10, 24],
    assets: ['USDC'],
    pegs: { USDC: 'USD' },
    fees: 'none',
  },
  {
    name: 'Sol Directo',
    domain: 'anchor.soldirecto.sim',
    locations: ['PE'],
    currencies: ['PEN'],
    seps: [6, 10, 12, 24],
    assets: ['PEN'],
    transferHost: 'transfer.soldirecto.sim',
    fees: 'strings',
  },
  {
    name: 'Quetzal Exchange',
    domain: 'quetzalex.sim',
    locations: ['Guatemala', 'Honduras', 'El Salvador'],
    currencies: ['GTQ', 'HNL', 'USD'],
    direction: 'withdraw',
    seps: [10, 24, 38],
    assets: ['USDC', 'GTQX'],
    pegs: { GTQX: 'GTQ' },
  },
  {
    name: 'Pampa Cash',
    domain: 'pampacash.sim',
    locations: ['Argentina', 'Uruguay', 'Paraguay'],
    currencies: ['ARS', 'UYU', 'PYG'],
    seps: [10, 12, 24],
    assets: ['ARS', 'UYU'],
    trailingSlash: true,
  },
  {
    name: 'Cóndor Pagos',
    domain: 'condorpagos.sim',
    locations: ['Chile'],
    currencies: ['CLP'],
    seps: [10, 24],
    assets: ['CLP'],
    spelling: 'comments',
    fees: 'numbers',
  },
  // These are healthy, in Africa.
  {
    name: 'NairaBridge',
    domain: 'nairabridge.sim',
    locations: ['Nigeria'],
    currencies: ['NGN'],
    seps: [6, 10, 12, 24],
    assets: ['NGNB', 'USDC'],
    pegs: { NGNB: 'NGN' },
    fees: 'strings',
  },
  {
    name: 'Savanna Remit',
    domain: 'savannaremit.sim',
    locations: 'KE|TZ|UG',
    currencies: 'KES|TZS|UGX',
    seps: [10, 12, 31, 38],
    assets: ['USDC', 'KESS'],
    pegs: { KESS: 'KES' },
  },
  {
    name: 'Cedi Connect',
    domain: 'cediconnect.sim',
    locations: ['Ghana'],
    currencies: ['GHS'],
    direction: 'deposit',
    seps: [10, 12, 24],
    assets: ['GHS'],
    spelling: 'crlf',
  },
  {
    name: 'Baobab Transfert',
    domain: 'baobabtransfert.sim',
    locations: ['Senegal', 'Mali', 'Togo'],
    currencies: ['XOF'],
    seps: [10, 24, 45],
    assets: ['XOFB', 'native'],
    pegs: { XOFB: 'XOF' },
    fees: 'numbers',
  },
  {
    name: 'RandRail',
    domain: 'randrail.sim',
    locations: ['ZA'],
    currencies: ['ZAR'],
    seps: [10, 24],
    assets: ['ZAR'],
    redirectsToWww: true,
  },
  // These are healthy, in Europe.
  {
    name: 'Eurolane',
    domain: 'eurolane.sim',
    locations: ['Germany', 'France', 'Spain', 'Netherlands'],
    currencies: ['EUR'],
    seps: [6, 10, 12, 24, 31, 38, 45],
    assets: ['EURL', 'USDC'],
    pegs: { EURL: 'EUR' },
    fees: 'strings',
  },
  {
    name: 'Baltic Ramp',
    domain: 'balticramp.sim',
    locations: 'LT, LV, EE',
    currencies: 'EUR, USD',
    seps: [10, 24],
    assets: ['EURB', 'native'],
    pegs: { EURB: 'EUR' },
    spelling: 'single-quotes',
  },
  {
    name: 'Hryvnia Gate',
    domain: 'hryvniagate.sim',
    locations: ['Ukraine'],
    currencies: ['UAH'],
    seps: [10, 24],
    assets: ['UAH'],
    spelling: 'byte-order-mark',
  },
  // These are healthy, in Asia and worldwide.
  {
    name: 'Manila Peso Network',
    domain: 'manilapeso.sim',
    locations: ['Philippines'],
    currencies: ['PHP'],
    seps: [10, 12, 24, 31],
    assets: ['PHP'],
    fees: 'numbers',
  },
  {
    name: 'Rupiah Relay',
    domain: 'rupiahrelay.sim',
    locations: ['Indonesia'],
    currencies: ['IDR'],
    seps: [10, 24],
    assets: ['IDR'],
    transferHost: 'sep24.rupiahrelay.sim',
  },
  {
    name: 'Dong Express',
    domain: 'dongexpress.sim',
    locations: ['Viet Nam', 'Thailand'],
    currencies: ['VND', 'THB'],
    seps: [6, 10, 24],
    assets: ['VNDX'],
    pegs: { VNDX: 'VND' },
  },
  {
    name: 'Cash Counter Worldwide',
    domain: 'cashcounter.sim',
    locations: ['ZZ'],
    currencies: ['USD'],
    seps: [10, 24],
    assets: ['USDC'],
    pegs: { USDC: 'USD' },
    fees: 'strings',
  },
  // A strict TOML parser rejects these files. Their endpoints are salvaged.
  {
    name: 'Tenge Trust',
    domain: 'tengetrust.sim',
    locations: ['Kazakhstan'],
    currencies: ['KZT'],
    seps: [10, 24],
    assets: ['KZT'],
    spelling: 'stray-character',
  },
  {
    name: 'Lira Köprü',
    domain: 'lirakopru.sim',
    locations: ['Turkey'],
    currencies: ['TRY'],
    seps: [10, 24],
    assets: ['TRYK'],
    pegs: { TRYK: 'TRY' },
    spelling: 'curly-quotes',
  },
  {
    name: 'Taka Point',
    domain: 'takapoint.sim',
    locations: ['Bangladesh'],
    currencies: ['BDT'],
    seps: [10, 24],
    assets: ['BDTP'],
    pegs: { BDTP: 'BDT' },
    spelling: 'duplicate-key',
    // Since yesterday, so that it never was dead for as long as evidence counts.
    webAuth: { isDown: true },
    illForHours: 30,
  },
  // These files are read, and the anchors are untrusted.
  {
    name: 'Keyless Kiosk',
    domain: 'keylesskiosk.sim',
    locations: ['Panama'],
    currencies: ['USD'],
    seps: [10, 24],
    assets: ['USDC'],
    pegs: { USDC: 'USD' },
    withoutSigningKey: true,
  },
  {
    name: 'Plain Http Pay',
    domain: 'plainhttp.sim',
    locations: ['India'],
    currencies: ['INR'],
    seps: [10, 24],
    assets: ['INRP'],
    endpointScheme: 'http',
  },
  {
    name: 'Old Six',
    domain: 'oldsix.sim',
    locations: ['Cameroon'],
    currencies: ['XAF'],
    seps: [6],
    assets: ['XAFO'],
  },
  {
    name: 'Dollarcoin Issuer',
    domain: 'dollarcoin.sim',
    locations: ['United States'],
    currencies: ['USD'],
    seps: [],
    assets: ['USDC'],
    pegs: { USDC: 'USD' },
  },
  {
    name: 'Below Table Bank',
    domain: 'belowtable.sim',
    locations: ['Ecuador'],
    currencies: ['USD'],
    seps: [10, 24],
    assets: ['USDC'],
    pegs: { USDC: 'USD' },
    spelling: 'endpoints-below-a-table',
  },
  {
    name: 'Trial Anchor',
    domain: 'trialanchor.sim',
    locations: ['US'],
    currencies: ['USD'],
    seps: [6, 10, 12, 24, 31, 38],
    assets: ['SRT', 'native'],
    networkPassphrase: TESTNET_PASSPHRASE,
  },
  // These anchors answer every public request, and a wallet would lose money or time with them.
  {
    name: 'Stolen Key Bank',
    domain: 'stolenkey.sim',
    locations: ['Costa Rica'],
    currencies: ['CRC'],
    seps: [10, 24],
    assets: ['CRC'],
    webAuth: { signs: 'with-another-key' },
  },
  {
    name: 'Submit And Weep',
    domain: 'submitandweep.sim',
    locations: ['Dominican Republic'],
    currencies: ['DOP'],
    seps: [10, 24],
    assets: ['DOP'],
    webAuth: { signs: 'what-can-be-submitted' },
  },
  {
    name: 'Testnet Signer',
    domain: 'testnetsigner.sim',
    locations: ['Jamaica'],
    currencies: ['JMD'],
    seps: [10, 24],
    assets: ['JMD'],
    webAuth: { signs: 'for-testnet' },
  },
  {
    name: 'Base Without Data',
    domain: 'basewithoutdata.sim',
    locations: ['Haiti'],
    currencies: ['HTG'],
    seps: [10, 12, 24],
    assets: ['HTG'],
    down: 'database',
    illForHours: 30,
  },
  {
    name: 'Nobody In The Office',
    domain: 'nobodyinoffice.sim',
    locations: ['Malawi'],
    currencies: ['MWK'],
    seps: [10, 12, 31, 38],
    assets: ['MWK'],
    down: 'business',
    illForHours: 30,
  },
  {
    name: 'No Way In',
    domain: 'nowayin.sim',
    locations: ['Lesotho'],
    currencies: ['LSL'],
    seps: [10, 24],
    assets: ['LSL'],
    webAuth: { serves: 'nobody' },
  },
  {
    name: 'Moved House',
    domain: 'movedhouse.sim',
    locations: ['Botswana'],
    currencies: ['BWP'],
    seps: [10, 24],
    assets: ['BWP'],
    webAuth: { serves: 'another-home-domain' },
  },
  {
    name: 'Claimed Coin',
    domain: 'claimedcoin.sim',
    locations: ['Angola'],
    currencies: ['AOA'],
    seps: [10, 24],
    assets: ['AOA'],
    issuers: 'of-another-home-domain',
  },
  {
    name: 'Coin Of Nobody',
    domain: 'coinofnobody.sim',
    locations: ['Namibia'],
    currencies: ['NAD'],
    seps: [10, 24],
    assets: ['NAD'],
    issuers: 'missing',
  },
  {
    name: 'All Shutters Down',
    domain: 'allshuttersdown.sim',
    locations: ['Laos'],
    currencies: ['LAK'],
    seps: [10, 24],
    assets: ['LAK'],
    closed: true,
  },
  {
    name: 'One Way Street',
    domain: 'onewaystreet.sim',
    locations: ['Cambodia'],
    currencies: ['KHR'],
    seps: [10, 24],
    assets: ['KHR', 'USDC'],
    closed: { withdraw: ['KHR'] },
  },
  {
    name: 'Quotes Elsewhere',
    domain: 'quoteselsewhere.sim',
    locations: ['Mozambique'],
    currencies: ['MZN'],
    seps: [10, 24, 38],
    assets: ['USDC'],
    pegs: { USDC: 'USD' },
    quoteCountries: ['ZA'],
  },
  {
    name: 'Last Seen Friday',
    domain: 'lastseenfriday.sim',
    locations: ['Myanmar'],
    currencies: ['MMK'],
    seps: [10, 24],
    assets: ['MMK'],
    infoAnswers: { 24: statusAnswer(503) },
    illForHours: 90,
  },
  // These anchors refuse strangers, or prove less than others.
  {
    name: 'Members Desk',
    domain: 'membersdesk.sim',
    locations: ['Fiji'],
    currencies: ['FJD'],
    seps: [10, 12, 31],
    assets: ['FJD'],
    needsToken: true,
  },
  {
    name: 'Known Wallets Only',
    domain: 'knownwallets.sim',
    locations: ['Bahamas'],
    currencies: ['BSD'],
    seps: [10, 24],
    assets: ['BSD'],
    webAuth: { serves: 'known-wallets' },
  },
  {
    name: 'Hasty Challenge',
    domain: 'hastychallenge.sim',
    locations: ['Barbados'],
    currencies: ['BBD'],
    seps: [10, 24],
    assets: ['BBD'],
    webAuth: { signs: 'for-seconds' },
  },
  {
    name: 'Door Out Of Order',
    domain: 'dooroutoforder.sim',
    locations: ['Belize'],
    currencies: ['BZD'],
    seps: [10, 24],
    assets: ['BZD'],
    webAuth: { isDown: true },
  },
  {
    name: 'Door Just Closed',
    domain: 'doorjustclosed.sim',
    locations: ['Guyana'],
    currencies: ['GYD'],
    seps: [10, 24],
    assets: ['GYD'],
    webAuth: { isDown: true },
    illForHours: 1,
  },
  {
    name: 'Account Lender',
    domain: 'accountlender.sim',
    locations: ['Brazil'],
    currencies: ['BRL', 'USD'],
    seps: [10, 24, 59],
    assets: ['native'],
    offerings: [{ kind: 'bank_account', country_code: 'BR', currency: 'BRL', rail: 'PIX' }],
  },
  // These anchors are gone or out of order.
  {
    name: 'Gone Remesas',
    domain: 'goneremesas.sim',
    locations: ['Venezuela'],
    currencies: ['VES'],
    seps: [],
    assets: [],
    tomlAnswer: statusAnswer(404),
  },
  {
    name: 'Closed Shop',
    domain: 'closedshop.sim',
    locations: ['Zambia'],
    currencies: ['ZMW'],
    seps: [],
    assets: [],
    tomlAnswer: statusAnswer(410),
  },
  {
    name: 'Parked Page',
    domain: 'parkedpage.sim',
    locations: ['Morocco'],
    currencies: ['MAD'],
    seps: [],
    assets: [],
    tomlAnswer: bodyAnswer('text/html; charset=utf-8', PARKED_PAGE),
  },
  {
    name: 'Empty File',
    domain: 'emptyfile.sim',
    locations: ['Egypt'],
    currencies: ['EGP'],
    seps: [],
    assets: [],
    tomlAnswer: bodyAnswer('text/plain', ''),
  },
  {
    name: 'Broken Backend',
    domain: 'brokenbackend.sim',
    locations: ['Pakistan'],
    currencies: ['PKR'],
    seps: [],
    assets: [],
    tomlAnswer: statusAnswer(500),
  },
  {
    name: 'Busy Bureau',
    domain: 'busybureau.sim',
    locations: ['Nepal'],
    currencies: ['NPR'],
    seps: [],
    assets: [],
    tomlAnswer: statusAnswer(429, { 'retry-after': '30' }),
  },
  {
    name: 'Half Down',
    domain: 'halfdown.sim',
    locations: ['Rwanda'],
    currencies: ['RWF'],
    seps: [10, 24],
    assets: ['RWFH'],
    infoAnswer: statusAnswer(503),
  },
  {
    name: 'Slow Settlement',
    domain: 'slowsettlement.sim',
    locations: ['Italy'],
    currencies: ['EUR'],
    seps: [10, 24],
    assets: ['EURS'],
    tomlDelayMs: 2_000,
  },
  {
    name: 'Hanging Garden',
    domain: 'hanginggarden.sim',
    locations: ['Iraq'],
    currencies: ['IQD'],
    seps: [],
    assets: [],
    tomlAnswer: { kind: 'hang' },
  },
  {
    name: 'Silent Info',
    domain: 'silentinfo.sim',
    locations: ['Poland'],
    currencies: ['PLN'],
    seps: [10, 24],
    assets: ['PLNS'],
    infoAnswer: { kind: 'hang' },
  },
  // These anchors are hostile.
  {
    name: 'Metadata Hunter',
    domain: 'metadatahunter.sim',
    locations: ['GB'],
    currencies: ['GBP'],
    seps: [],
    assets: [],
    tomlAnswer: redirectAnswer('http://169.254.169.254/latest/meta-data/'),
  },
  {
    name: 'Loopback Lure',
    domain: 'loopbacklure.sim',
    locations: ['GB'],
    currencies: ['GBP'],
    seps: [],
    assets: [],
    tomlAnswer: redirectAnswer('https://127.0.0.1/', 302),
  },
  {
    name: 'Inside Job',
    domain: 'insidejob.sim',
    locations: ['Malaysia'],
    currencies: ['MYR'],
    seps: [10, 24],
    assets: ['MYRI'],
    transferHost: 'internal.insidejob.sim',
    transferHostAddress: '10.0.0.7',
  },
  {
    name: 'Big File',
    domain: 'bigfile.sim',
    locations: ['JP'],
    currencies: ['JPY'],
    seps: [],
    assets: [],
    tomlAnswer: bodyAnswer('text/plain', `# ${'x'.repeat(101 * 1024 - 3)}\n`),
  },
  {
    name: 'Endless Stream',
    domain: 'endlessstream.sim',
    locations: ['KR'],
    currencies: ['KRW'],
    seps: [],
    assets: [],
    tomlAnswer: { kind: 'endless' },
  },
  {
    name: 'Drip Feed',
    domain: 'dripfeed.sim',
    locations: ['CH'],
    currencies: ['CHF'],
    seps: [],
    assets: [],
    tomlAnswer: { kind: 'drip' },
  },
  {
    name: 'Zip Bomb',
    domain: 'zipbomb.sim',
    locations: ['CN'],
    currencies: ['CNY'],
    seps: [],
    assets: [],
    tomlAnswer: { kind: 'gzip-bomb' },
  },
  {
    name: 'Borrowed Certificate',
    domain: 'borrowedcertificate.sim',
    locations: ['AU'],
    currencies: ['AUD'],
    seps: [10, 24],
    assets: ['AUDB'],
    certificateName: 'somebody-else.sim',
  },
]
