import { describe, expect, test } from 'vitest'
import { alpha2Of } from '../../../../lib/anchors/discovery/alpha-3.ts'
import {
  countryName,
  isCountryCode,
  readCountry,
} from '../../../../lib/anchors/discovery/country.ts'

describe('a country is read in every form that directories use', () => {
  test.each(
    Object.entries({
      CR: [' CR ', 'Costa Rica'],
      PH: ['the Philippines'],
      TR: ['Türkiye', 'Turkey'],
      CI: ['Cote d’Ivoire', "Côte d'Ivoire", 'Ivory Coast'],
      TT: ['Trinidad and Tobago', 'Trinidad & Tobago'],
      LC: ['Saint Lucia', 'St. Lucia'],
      CZ: ['Czech Republic'],
      VN: ['Viet Nam'],
      KR: ['Korea, Republic of'],
      BO: ['Bolivia, Plurinational State of'],
      HK: ['Hong Kong'],
      SZ: ['Eswatini'],
      CG: ['Congo'],
      GW: ['Guinea-Bissau'],
      XK: ['Kosovo', 'XKX'],
      US: ['USA', 'U.S.A.', 'usa'],
      MX: ['mx', 'MEX', 'mex'],
      DE: ['DEU'],
      CH: ['CHE'],
      CN: ['CHN'],
      CL: ['CHL'],
      RS: ['SRB'],
      UA: ['UKR'],
      AE: ['ARE', 'UAE'],
      CD: ['COD', 'DRC', 'DR Congo'],
      GB: ['UK'],
      ZZ: ['ZZ', 'Worldwide', 'GLOBAL', '*'],
      // Real exports have these withdrawn codes of Benin, Burkina Faso, France and Timor-Leste.
      ...{ BJ: ['DY'], BF: ['HV'], FR: ['FX'], TL: ['TP'] },
    }),
  )('%s is read from %j', (code, spellings) => {
    expect(spellings.map(readCountry)).toEqual(spellings.map(() => code))
  })

  test.each([
    ...[
      '',
      ' ',
      'QQ',
      'EU',
      'UN',
      'XA',
      'AA',
      'Atlantis',
      'M',
      'MEX1',
      'QQQ',
      'EUR',
      'USD',
      'Мexico',
      '5',
    ],
    'a'.repeat(500),
  ])('%j is not a country', (written) => {
    expect(readCountry(written)).toBeNull()
  })
})

const LETTERS = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']
const CODES = LETTERS.flatMap((a) => LETTERS.map((b) => a + b)).filter(isCountryCode)

test('the codes are the 249 of ISO 3166-1, Kosovo and worldwide', () => {
  expect(CODES).toHaveLength(251)
})

test('every country has one alpha-3 code', () => {
  const read = LETTERS.flatMap((a) =>
    LETTERS.flatMap((b) => LETTERS.map((c) => alpha2Of(a + b + c))),
  )
  const countries = CODES.filter((code) => code !== 'ZZ')
  expect(read.filter((code) => code !== null).toSorted()).toEqual(countries)
})

test('every country is read from its own English name', () => {
  expect(CODES.filter((code) => readCountry(countryName(code)) !== code)).toEqual([])
})

test('only upper-case codes are codes, and the name of an unknown code is the code', () => {
  expect(isCountryCode('mx')).toBe(false)
  expect(isCountryCode('__')).toBe(false)
  expect(countryName('ZZ')).toBe('Worldwide')
  expect(countryName('MX')).toBe('Mexico')
  expect(countryName('QQ')).toBe('QQ')
  expect(countryName('')).toBe('')
})
