interface Row {
  sep: number | null
  meaning: string
  expected: string
}

/** The findings about the public answers of the servers of an anchor. `FINDINGS` in `finding.ts` holds them all. */
export const INFO_FINDINGS = {
  info_not_found: {
    sep: null,
    meaning: 'The server has no /info.',
    expected: 'status 200',
  },
  info_status: {
    sep: null,
    meaning:
      '/info answers another status than 200, in words of its own or with an error of the server.',
    expected: 'status 200',
  },
  info_timeout: {
    sep: null,
    meaning: '/info did not arrive in time.',
    expected: 'an answer in time',
  },
  info_unreachable: {
    sep: null,
    meaning: 'DNS, TCP or TLS failed before /info arrived.',
    expected: 'a valid HTTPS connection',
  },
  info_throttled: {
    sep: null,
    meaning: '/info answers 429 and asks for patience.',
    expected: 'status 200',
  },
  info_walled: {
    sep: null,
    meaning: 'A firewall or a web server answers in place of /info.',
    expected: 'an answer of the anchor',
  },
  info_protected: {
    sep: null,
    meaning: '/info refuses strangers in the words of the protocol.',
    expected: 'status 200 without a token',
  },
  info_off: {
    sep: null,
    meaning:
      '/info refuses strangers, and a plain OPTIONS of it answers 404: the protocol is switched off.',
    expected: 'status 200',
  },
  info_blocked: {
    sep: null,
    meaning: 'The address of /info, or of a redirect from it, may not be fetched.',
    expected: 'a public https URL that is not our own',
  },
  info_redirected: {
    sep: null,
    meaning: '/info is served by another host.',
    expected: 'no redirect to another host',
  },
  info_cors: {
    sep: null,
    meaning: '/info does not let any web page read it.',
    expected: 'access-control-allow-origin: *',
  },
  info_too_large: {
    sep: null,
    meaning: '/info is too large to be read.',
    expected: 'at most 131072 bytes and 30000 values',
  },
  info_encoding: {
    sep: null,
    meaning: 'The bytes of /info are not UTF-8 text.',
    expected: 'UTF-8',
  },
  info_html: {
    sep: null,
    meaning: 'An HTML page stands in place of /info.',
    expected: 'JSON',
  },
  info_not_json: {
    sep: null,
    meaning: '/info is not valid JSON.',
    expected: 'JSON',
  },
  info_too_deep: {
    sep: null,
    meaning: '/info is nested too deeply to be read.',
    expected: 'at most 32 levels',
  },
  info_key_twice: {
    sep: null,
    meaning:
      'An object of /info has a key twice. It is left out, because readers differ on which value counts.',
    expected: 'each key once',
  },
  info_shape: {
    sep: null,
    meaning: '/info is JSON, but not that of its protocol.',
    expected:
      'an object with deposit or withdraw (SEP-6, 24), receive (31), assets (38) or offerings (59)',
  },
  info_no_assets: {
    sep: null,
    meaning: '/info lists nothing that is open.',
    expected: 'one enabled asset or offering',
  },
  info_field: {
    sep: null,
    meaning: 'A part of /info has the wrong type or form and is not used.',
    expected: 'the type the SEP names',
  },
  info_enabled_missing: {
    sep: null,
    meaning: 'An asset in /info does not say whether it is enabled; it counts as not enabled.',
    expected: 'enabled: true or false',
  },
  info_amount: {
    sep: null,
    meaning: 'A fee or limit in /info is not a plain decimal and is not used.',
    expected: 'a decimal, 0 or more',
  },
  info_amount_text: {
    sep: null,
    meaning: 'A fee or limit in /info is a text that holds a number; the number is used.',
    expected: 'a JSON number',
  },
  info_limits_reversed: {
    sep: null,
    meaning: 'The smallest amount in /info is above the largest.',
    expected: 'min_amount at most max_amount',
  },
  info_direction_missing: {
    sep: null,
    meaning: '/info does not name one of its two directions. This is no fault.',
    expected: 'deposit and withdraw',
  },
  info_endpoint_missing: {
    sep: null,
    meaning: '/info does not describe one of the other endpoints. This is no fault.',
    expected: 'fee; in SEP-6 also transactions and transaction',
  },
  info_funding_methods_missing: {
    sep: null,
    meaning:
      'An asset in /info names no funding methods, as before the end of 2024. This is no fault.',
    expected: 'funding_methods',
  },
  info_foreign_member: {
    sep: null,
    meaning:
      'An asset in /info of SEP-24 has members of SEP-6, which are not read. This is no fault.',
    expected: 'the members of SEP-24',
  },
  info_quotes_required: {
    sep: 31,
    meaning: 'An asset in /info requires quotes and does not support them.',
    expected: 'quotes_supported: true',
  },
  info_country: {
    sep: 38,
    meaning: 'A country in /info is not a code of ISO 3166.',
    expected: 'a code such as BR or BR-SP',
  },
  info_no_pair: {
    sep: 38,
    meaning: '/info of the quote server does not list both an asset of the ledger and one off it.',
    expected: 'a stellar: and an iso4217: asset',
  },
  info_too_many_assets: {
    sep: null,
    meaning: '/info lists more assets than are kept. This is no fault.',
    expected: 'at most 100 assets',
  },
  info_too_many_offerings: {
    sep: 59,
    meaning: '/info lists more offerings than are kept. This is no fault.',
    expected: 'at most 200 offerings',
  },
  prices_not_found: {
    sep: 38,
    meaning: 'The quote server has no /prices.',
    expected: 'status 200',
  },
  prices_status: {
    sep: 38,
    meaning: '/prices answers another status than 200, and it is not an error of the server.',
    expected: 'status 200',
  },
  prices_timeout: {
    sep: 38,
    meaning: '/prices did not arrive in time.',
    expected: 'an answer in time',
  },
  prices_unreachable: {
    sep: 38,
    meaning: 'DNS, TCP or TLS failed before /prices arrived.',
    expected: 'a valid HTTPS connection',
  },
  prices_throttled: {
    sep: 38,
    meaning: '/prices answers 429 and asks for patience.',
    expected: 'status 200',
  },
  prices_walled: {
    sep: 38,
    meaning: 'A firewall or a web server answers in place of /prices.',
    expected: 'an answer of the anchor',
  },
  prices_protected: {
    sep: 38,
    meaning: '/prices refuses strangers in the words of the protocol.',
    expected: 'status 200 without a token',
  },
  prices_refused: {
    sep: 38,
    meaning:
      '/prices refuses the request by a rule of its own, such as a smallest amount. This is no fault.',
    expected: 'status 200',
  },
  prices_failing: {
    sep: 38,
    meaning: '/prices answers that the business behind the server gave no rate.',
    expected: 'status 200',
  },
  prices_blocked: {
    sep: 38,
    meaning: 'The address of /prices, or of a redirect from it, may not be fetched.',
    expected: 'a public https URL that is not our own',
  },
  prices_too_large: {
    sep: 38,
    meaning: '/prices is too large to be read.',
    expected: 'at most 131072 bytes and 30000 values',
  },
  prices_encoding: {
    sep: 38,
    meaning: 'The bytes of /prices are not UTF-8 text.',
    expected: 'UTF-8',
  },
  prices_html: {
    sep: 38,
    meaning: 'An HTML page stands in place of /prices.',
    expected: 'JSON',
  },
  prices_not_json: {
    sep: 38,
    meaning: '/prices is not valid JSON.',
    expected: 'JSON',
  },
  prices_too_deep: {
    sep: 38,
    meaning: '/prices is nested too deeply to be read.',
    expected: 'at most 32 levels',
  },
  prices_key_twice: {
    sep: 38,
    meaning:
      'An object of /prices has a key twice. It is left out, because readers differ on which value counts.',
    expected: 'each key once',
  },
  prices_shape: {
    sep: 38,
    meaning: '/prices is JSON, but not an object with buy_assets.',
    expected: 'an object with buy_assets',
  },
  prices_field: {
    sep: 38,
    meaning: 'A part of /prices has the wrong type and is not used.',
    expected: 'the type the SEP names',
  },
  prices_price: {
    sep: 38,
    meaning: 'A price is not a decimal above 0.',
    expected: 'a decimal above 0',
  },
  prices_none: {
    sep: 38,
    meaning: 'No answer of /prices names a price of a listed asset.',
    expected: 'a price for one listed asset',
  },
  kyc_not_found: {
    sep: 12,
    meaning: 'The KYC server has no /customer.',
    expected: 'status 401 or 403',
  },
  kyc_status: {
    sep: 12,
    meaning: '/customer answers with an error of the server.',
    expected: 'status 401 or 403',
  },
  kyc_timeout: {
    sep: 12,
    meaning: '/customer did not arrive in time.',
    expected: 'an answer in time',
  },
  kyc_unreachable: {
    sep: 12,
    meaning: 'DNS, TCP or TLS failed before /customer arrived.',
    expected: 'a valid HTTPS connection',
  },
  kyc_throttled: {
    sep: 12,
    meaning: '/customer answers 429 and asks for patience.',
    expected: 'status 401 or 403',
  },
  kyc_walled: {
    sep: 12,
    meaning: 'A firewall or a web server answers in place of /customer.',
    expected: 'an answer of the anchor',
  },
  kyc_off: {
    sep: 12,
    meaning:
      '/customer refuses strangers, and a plain OPTIONS of it answers 404: SEP-12 is switched off.',
    expected: 'an answer to OPTIONS',
  },
  kyc_blocked: {
    sep: 12,
    meaning: 'The address of /customer, or of a redirect from it, may not be fetched.',
    expected: 'a public https URL that is not our own',
  },
  kyc_too_large: {
    sep: 12,
    meaning: '/customer is too large to be read.',
    expected: 'status 401 or 403',
  },
  kyc_encoding: {
    sep: 12,
    meaning: 'The bytes of /customer are not UTF-8 text.',
    expected: 'status 401 or 403',
  },
  kyc_html: {
    sep: 12,
    meaning: 'An HTML page stands in place of /customer.',
    expected: 'status 401 or 403',
  },
  kyc_not_json: {
    sep: 12,
    meaning: '/customer answers 200 and something that is not JSON.',
    expected: 'status 401 or 403',
  },
  kyc_too_deep: {
    sep: 12,
    meaning: '/customer answers 200 and JSON that is nested too deeply to be read.',
    expected: 'status 401 or 403',
  },
  kyc_open: {
    sep: 12,
    meaning: '/customer hands out data of a customer without a token. This is grave.',
    expected: 'status 401 or 403',
  },
  kyc_refused_with_200: {
    sep: 12,
    meaning: '/customer refuses strangers with status 200.',
    expected: 'status 401 or 403',
  },
} as const satisfies Record<string, Row>
