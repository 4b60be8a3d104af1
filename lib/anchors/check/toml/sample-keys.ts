/**
 * The accounts in the examples of SEP-1, SEP-10 and SEP-38. Nobody who copies them holds their secrets. The issuer of USDC
 * stands in the same examples and is not here, because it is real.
 */
const SAMPLE_KEYS: ReadonlySet<string> = new Set([
  // SEP-1: SIGNING_KEY, accounts, and issuers of the example file.
  'GBBHQ7H4V6RRORKYLHTCAWP6MOHNORRFJSDPXDFYDGJB2LPZUFPXUEW3',
  'GD5DJQDDBKGAYNEAXU562HYGOOSYAEOO6AS53PZXBOZGCP5M2OPGMZV3',
  'GAENZLGHJGJRCMX5VCHOLHQXU3EMCU5XWDNU4BGGJFNLI2EL354IVBK7',
  'GAOO3LWBC4XF6VWRP5ESJ6IBHAISVJMSBTALHOQM2EZG7Q477UWA6L7U',
  'GCZJM35NKGVK47BB4SPBDV25477PZYIYPVVG453LPYFNXLS3FGHDXOCM',
  'GD5T6IPRNCKFOHQWT264YPKOZAWUMMZOLZBJ6BNQMUGPWGRLBK3U7ZNP',
  // SEP-10: the server of the example challenge.
  'GCIBUCGPOHWMMMFPFTDWBSVHQRT4DIBJ7AD6BZJYDITBK2LCVBYW7HUQ',
  // SEP-38: the issuer of BRL.
  'GDVKY2GU2DRXWTBEYJJWSFXIGBZV6AZNBVVSUHEPZI54LIS6BA7DVVSP',
])

/** Whether an account is one of the examples of the SEPs. */
export function isSampleKey(account: string): boolean {
  return SAMPLE_KEYS.has(account)
}
