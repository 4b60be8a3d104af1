import type { FindingCode } from './finding.ts'

/** What a developer of the anchor does about faults that each of its endpoints may have. */
const unreachable = (what: string) =>
  `Let ${what} be reached from the internet: look at its DNS records, its firewall and its certificate, whose chain must be complete.`
const slow = (what: string) =>
  `Find out why ${what} is slow, such as a database that is asleep. Wallets wait a few seconds.`
const throttled = (what: string) =>
  `Allow more requests to ${what}, at least several in a minute from one address. Wallets ask it too.`
const walled = (what: string) =>
  `Let ${what} pass the firewall, the bot protection or the web server in front without a challenge: programs cannot solve one.`
const blocked = (what: string) =>
  `Serve ${what} under a public https URL. A redirect must not lead to a private address.`
const redirected = (what: string) =>
  `Serve ${what} under the URL in the stellar.toml itself, or write the final URL there.`
const readable = (what: string) =>
  `Send "access-control-allow-origin: *" with ${what}, with errors too, so that wallets in a browser can read it.`
const tooLarge = (what: string) => `Make ${what} smaller: leave out what the SEP does not ask for.`
const utf8 = (what: string) => `Write ${what} in UTF-8.`
const noPage = (what: string) =>
  `Let ${what} answer JSON. A web application often answers its own page for any path: route this one to the anchor server.`
const json = (what: string) => `Let a JSON library write ${what}, and test it with a parser.`
const shallow = (what: string) => `Nest ${what} only as deep as the SEP does.`
const onceEach = (what: string) =>
  `Write each key of ${what} once: parsers differ on which value counts.`
const status = (what: string) =>
  `Look in the log of the server why ${what} fails, and let it answer as the SEP says.`
const open = (what: string) => `Let ${what} answer without a token, as the SEP asks.`
const customersOnly =
  'Answer GET /customer without a token with status 401 or 403, before anything else is done.'
const challenge = (what: string) => `Let the library of the server write the challenge: ${what}.`

/** What to do about each finding, in words that a developer of the anchor acts upon. A test holds it whole. */
export const ADVICE: Readonly<Record<FindingCode, string>> = {
  toml_not_found:
    'Serve the file at https://<home domain>/.well-known/stellar.toml with status 200. Many web servers leave out folders whose name begins with a dot: allow this one.',
  toml_status: status('the stellar.toml'),
  toml_timeout: slow('the stellar.toml'),
  toml_unreachable: unreachable('the home domain'),
  toml_blocked: blocked('the stellar.toml'),
  toml_too_large: 'Keep the file within 100 KB: move texts to your site and link them.',
  toml_encoding: 'Save the file as UTF-8 without other encodings.',
  toml_redirected:
    'Serve the file on the home domain itself. A redirect hands your identity to whoever runs the other host.',
  toml_content_type: 'Send "content-type: text/plain" with the file.',
  toml_cors: readable('the stellar.toml'),
  toml_html:
    'Serve the file itself: a web application answers its own page for this path. Exclude /.well-known/ from it.',
  toml_empty: 'Write the file: at least NETWORK_PASSPHRASE, SIGNING_KEY and your endpoints.',
  toml_salvaged:
    'Run a TOML 1.0 validator over the file and mend what it names. Many wallets read nothing of a file that does not parse.',
  toml_unreadable:
    'Run a TOML 1.0 validator over the file and mend what it names. Nothing of it can be used as it is.',
  toml_duplicate_key: 'Delete the second line of the field.',
  toml_conflict: 'Keep the right value of the field and delete the other lines.',
  toml_unclosed: 'Close the array with a bracket, or the text with three quotes.',
  toml_header:
    'Write [DOCUMENTATION] once, and [[CURRENCIES]] in double brackets for each currency.',
  toml_line_ends: 'Save the file with LF or CRLF line ends.',
  toml_content_encoding: 'Send the real coding in Content-Encoding, or leave the header out.',
  field_blanks: 'Delete the blanks before and behind the value.',
  field_wrong_type: 'Write the value in the type that SEP-1 names, mostly a text in quotes.',
  field_empty: 'Give the field its value, or delete its line.',
  field_unreadable: 'Write the line anew as KEY = "value".',
  field_misnamed: 'Rename the key to the name that the SEP gives.',
  field_in_table: 'Move the field above the first line in brackets.',
  placeholder_value: 'Replace the text of the template by your own value, or delete the line.',
  placeholder_key: 'Replace the example by an account of yours.',
  account_malformed: 'Copy the account anew (G and 55 characters), or delete the entry.',
  network_passphrase_missing:
    'Add NETWORK_PASSPHRASE = "Public Global Stellar Network ; September 2015".',
  network_passphrase_unknown:
    'Write the passphrase to the letter: "Public Global Stellar Network ; September 2015", or "Test SDF Network ; September 2015".',
  signing_key_missing: 'Add SIGNING_KEY with the account that signs your challenges.',
  signing_key_malformed: 'Copy the account anew: G and 55 characters.',
  signing_key_secret:
    'Take the seed out at once and count it as stolen: make a new signing key, and write its account (G…) here.',
  web_auth_contract_malformed: 'Copy the contract id anew: C and 55 characters.',
  web_auth_contract_missing: 'Add WEB_AUTH_CONTRACT_ID with the contract of your challenges.',
  kyc_server_missing: 'Add KYC_SERVER with the URL of your SEP-12 server.',
  endpoint_unreadable: 'Write a whole https URL without a user name.',
  endpoint_not_https: 'Serve the endpoint by https and write https:// here.',
  endpoint_not_public:
    'Write the public host name of the endpoint. A development value may have stayed.',
  endpoint_port: 'Serve the endpoint on port 443 and leave the port out.',
  endpoint_query: 'Delete everything from the ? or # on.',
  endpoint_trailing_slash: 'Delete the slash at the end.',
  currency_code_malformed: 'Give the currency its code: 1 to 12 letters or digits.',
  currency_incomplete: 'Mend the lines of this currency so that its code and issuer are readable.',
  currency_without_issuer: 'Add the issuer of the asset, or its contract.',
  currency_issuer_malformed: 'Copy the issuer anew: G and 55 characters.',
  currency_contract_malformed: 'Copy the contract anew: C and 55 characters.',
  currency_linked: 'Write the currency into the stellar.toml itself.',
  currencies_too_many: 'List the currencies that you serve, at most 500.',
  issuer_claimed:
    'Set the home domain of the issuing account to this one (set_options), or take the issuer out of ACCOUNTS.',
  issuer_without_home_domain:
    'Set the home domain of the issuing account to this one (set_options). Without it anybody may claim the asset.',
  issuer_missing: 'Correct the issuer: no such account is on the network of this catalog.',
  info_not_found:
    'Serve /info below the endpoint that the stellar.toml names, or correct the endpoint.',
  info_status: status('/info'),
  info_timeout: slow('/info'),
  info_unreachable: unreachable('the server of /info'),
  info_throttled: throttled('/info'),
  info_walled: walled('/info'),
  info_protected: open('/info'),
  info_off: 'Switch the protocol on in your server, or take its endpoint out of the stellar.toml.',
  info_blocked: blocked('/info'),
  info_redirected: redirected('/info'),
  info_cors: readable('/info'),
  info_too_large: tooLarge('/info'),
  info_encoding: utf8('/info'),
  info_html: noPage('/info'),
  info_not_json: json('/info'),
  info_too_deep: shallow('/info'),
  info_key_twice: onceEach('/info'),
  info_shape: 'Answer the object that the SEP describes for /info of this protocol.',
  info_no_assets: 'Enable the assets that you serve. If none is, the anchor counts as closed.',
  info_field: 'Correct the type of this part, as the SEP describes it.',
  info_enabled_missing: 'Add "enabled": true where the asset is served.',
  info_amount: 'Write a plain decimal number, 0 or more.',
  info_amount_text: 'Write the number without quotes.',
  info_limits_reversed: 'Exchange min_amount and max_amount.',
  info_direction_missing: 'Nothing, if you serve one direction only. Otherwise add the other one.',
  info_endpoint_missing: 'Describe the endpoint in /info, such as "fee": {"enabled": false}.',
  info_funding_methods_missing:
    'Add "funding_methods" to the asset, so that wallets can show them.',
  info_foreign_member: 'Move "fields" and "types" to SEP-6, or delete them here.',
  info_quotes_required: 'Set "quotes_supported": true, or do not require quotes.',
  info_country: 'Write the code of ISO 3166, such as BR or BR-SP.',
  info_no_pair: 'List an asset on Stellar and the money outside that it is exchanged for.',
  info_too_many_assets: 'Nothing has to be done: the first 100 assets count here.',
  info_too_many_offerings: 'Nothing has to be done: the first 200 offerings count here.',
  prices_not_found: 'Serve /prices below ANCHOR_QUOTE_SERVER, or correct that endpoint.',
  prices_status: status('/prices'),
  prices_timeout: slow('/prices'),
  prices_unreachable: unreachable('the quote server'),
  prices_throttled: throttled('/prices'),
  prices_walled: walled('/prices'),
  prices_protected: open('/prices'),
  prices_refused: 'Nothing, if the rule is meant. It is read as a sign of life.',
  prices_failing:
    'Look at the rate callback of the business: the platform asks it for each price and got no rate.',
  prices_blocked: blocked('/prices'),
  prices_too_large: tooLarge('/prices'),
  prices_encoding: utf8('/prices'),
  prices_html: noPage('/prices'),
  prices_not_json: json('/prices'),
  prices_too_deep: shallow('/prices'),
  prices_key_twice: onceEach('/prices'),
  prices_shape: 'Answer an object with "buy_assets", a list of assets with their prices.',
  prices_field: 'Correct the type of this part, as SEP-38 describes it.',
  prices_price: 'Write each price as a text with a decimal above 0.',
  prices_none: 'Give a price for at least one of the assets that /info lists.',
  kyc_not_found: 'Serve /customer below KYC_SERVER, or correct that endpoint.',
  kyc_status: status('/customer'),
  kyc_timeout: slow('/customer'),
  kyc_unreachable: unreachable('the KYC server'),
  kyc_throttled: throttled('/customer'),
  kyc_walled: walled('/customer'),
  kyc_off: 'Switch SEP-12 on in your server, or take KYC_SERVER out of the stellar.toml.',
  kyc_blocked: blocked('/customer'),
  kyc_too_large: customersOnly,
  kyc_encoding: customersOnly,
  kyc_html: noPage('/customer'),
  kyc_not_json: customersOnly,
  kyc_too_deep: customersOnly,
  kyc_open: `Close it at once: anybody reads data of your customers. ${customersOnly}`,
  kyc_refused_with_200:
    'Answer the refusal with status 401 or 403: programs read the status first.',
  web_auth_blocked: blocked('the web auth endpoint'),
  web_auth_timeout: slow('the web auth endpoint'),
  web_auth_unreachable: unreachable('the web auth endpoint'),
  web_auth_too_large: tooLarge('the answer with the challenge'),
  web_auth_encoding: utf8('the answer with the challenge'),
  web_auth_throttled: throttled('the web auth endpoint'),
  web_auth_walled: walled('the web auth endpoint'),
  web_auth_status: status('the web auth endpoint'),
  web_auth_not_found: 'Serve the endpoint that the stellar.toml names, or correct its URL there.',
  web_auth_protected: 'Let the endpoint give a challenge to everybody: it is where sign-in begins.',
  web_auth_refused: 'Give a challenge for every valid account, also without a client_domain.',
  web_auth_home_domain: 'Add this home domain to those that the server signs for.',
  web_auth_unknown_account:
    'Give a challenge for an account that is not on the ledger too: SEP-10 lets its master key sign.',
  web_auth_redirected: redirected('the challenge'),
  web_auth_cors: readable('the challenge'),
  web_auth_html: noPage('the web auth endpoint'),
  web_auth_not_json: json('the answer with the challenge'),
  web_auth_too_deep: shallow('the answer with the challenge'),
  web_auth_key_twice: onceEach('the answer with the challenge'),
  web_auth_shape:
    'Answer {"transaction": "…", "network_passphrase": "…"}, or for SEP-45 {"authorization_entries": "…"}.',
  challenge_not_xdr: challenge('one transaction envelope in base64'),
  challenge_fee_bump: challenge('a plain transaction, never a fee bump'),
  challenge_sequence: challenge('its sequence number must be 0, or the signed challenge is money'),
  challenge_operation: challenge('it holds manage_data operations and nothing else'),
  challenge_source:
    'Let the account in SIGNING_KEY be the source of the challenge, or correct SIGNING_KEY.',
  challenge_account: challenge('the source of the first operation is the account that asked'),
  challenge_home_domain:
    'Name "<home domain> auth" in the first operation, with the home domain of this stellar.toml.',
  challenge_operation_source: challenge('later operations are of SIGNING_KEY'),
  challenge_web_auth_domain: 'Set web_auth_domain to the host of WEB_AUTH_ENDPOINT.',
  challenge_no_time_bounds: challenge('set a minimum and a maximum time, 15 minutes apart'),
  challenge_expired: 'Set the clock of the server by NTP, and make each challenge anew.',
  challenge_signature_missing: 'Sign the challenge with the key of SIGNING_KEY.',
  challenge_signature:
    'Sign with the key of SIGNING_KEY: the server has another seed than the stellar.toml names, or another network passphrase.',
  challenge_other_network: 'Set the network passphrase of the server to that of the stellar.toml.',
  web_auth_domain_differs: 'Set web_auth_domain to the host of WEB_AUTH_ENDPOINT, in lower case.',
  challenge_nonce: challenge('the nonce is 48 random bytes in base64'),
  challenge_memo: challenge('no memo unless the client asks for one'),
  challenge_client_domain: challenge('no client_domain unless the client names one'),
  challenge_extra_signatures: challenge('one signature, by SIGNING_KEY'),
  challenge_short: 'Let a challenge be valid for 15 minutes: people have to read and sign it.',
  challenge_passphrase:
    'Answer the network_passphrase of the network that the challenge is signed for.',
  challenge_passphrase_missing:
    'Add network_passphrase to the answer, so that wallets can check it.',
  challenge_web_auth_domain_missing:
    'Update the server: web_auth_domain is asked for since SEP-10 3.1.',
  entries_not_xdr: challenge('a list of authorization entries in base64'),
  entries_not_contract_call: challenge('each entry authorizes the call of the web auth contract'),
  entries_sub_invocation: challenge('no entry authorizes further calls'),
  entries_contract: 'Call the contract in WEB_AUTH_CONTRACT_ID, or correct that field.',
  entries_function: challenge('the function is web_auth_verify'),
  entries_arguments: challenge('the argument is one map of symbols to texts'),
  entries_arguments_differ: challenge('every entry authorizes the same call'),
  entries_account: challenge('"account" is the one that asked'),
  entries_home_domain: 'Name the home domain of this stellar.toml in "home_domain".',
  entries_web_auth_domain: 'Set web_auth_domain to the host of WEB_AUTH_FOR_CONTRACTS_ENDPOINT.',
  entries_web_auth_domain_differs:
    'Set web_auth_domain to the host of WEB_AUTH_FOR_CONTRACTS_ENDPOINT, in lower case.',
  entries_web_auth_account: 'Set web_auth_domain_account to SIGNING_KEY.',
  entries_nonce_missing: challenge('add a nonce that is used once'),
  entries_client_domain: challenge('no client_domain unless the client names one'),
  entries_client_entry_missing: challenge('add the entry that the client is to sign'),
  entries_server_entry_missing: challenge('add the entry of SIGNING_KEY'),
  entries_stranger: challenge('two entries, of the client and of SIGNING_KEY'),
  entries_signature_missing: 'Sign the entry of SIGNING_KEY before it is sent.',
  entries_signature:
    'Sign with the key of SIGNING_KEY: the server has another seed than the stellar.toml names.',
  entries_other_network: 'Set the network passphrase of the server to that of the stellar.toml.',
  entries_passphrase:
    'Answer the network_passphrase of the network that the entries are signed for.',
  entries_passphrase_missing: 'Add network_passphrase to the answer.',
  entries_camel_case: 'Spell the members authorization_entries and network_passphrase.',
  web_auth_contract_own: 'Use the reference contract, or publish the code of your own.',
  sign_in_failing:
    'Look in the log of the web auth server why a signed challenge ends in an error: often its database is away.',
  sign_in_refused:
    'Accept the signature of the master key for an account that is not on the ledger.',
  sign_in_token: 'Answer {"token": "…"} with a JWT.',
  sign_in_token_short: 'Let the token last longer, such as a day.',
  signed_in_failing:
    'Look in the log of the service why a request with a token fails: often its database is away.',
  signed_in_refused:
    'Let the service know the secret with which the web auth server signs its tokens.',
  signed_in_off: 'Serve the path that the SEP names, or take the endpoint out of the stellar.toml.',
  signed_in_shape: 'Answer an empty list, or a new customer, to an account without any.',
  signed_in_status: 'Answer a request with a token as the SEP says.',
  capability_kept: 'Nothing, if it was an outage. The last result counts until it is too old.',
  internal_error: 'Nothing: this is a fault of ours. Please report it.',
}
