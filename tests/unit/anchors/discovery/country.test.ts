import { describe, expect, test } from 'vitest'
import {
  countryName,
  isCountryCode,
  readCountry,
} from '../../../../lib/anchors/discovery/country.ts'

describe('a country is read in every form that directories use', () => {
  test.each([
    ['mx', 'MX'],
    [' CR ', 'CR'],
    ['Costa Rica', 'CR'],
    ['the Philippines', 'PH'],
    ['Türkiye', 'TR'],
    ['Turkey', 'TR'],
    ['Cote d’Ivoire', 'CI'],
    ["Côte d'Ivoire", 'CI'],
    ['Ivory Coast', 'CI'],
    ['Trinidad and Tobago', 'TT'],
    ['Trinidad & Tobago', 'TT'],
    ['Saint Lucia', 'LC'],
    ['St. Lucia', 'LC'],
    ['Czech Republic', 'CZ'],
    ['Viet Nam', 'VN'],
    ['Korea, Republic of', 'KR'],
    ['Bolivia, Plurinational State of', 'BO'],
    ['Hong Kong', 'HK'],
    ['Eswatini', 'SZ'],
    ['Congo', 'CG'],
    ['DR Congo', 'CD'],
    ['Guinea-Bissau', 'GW'],
    ['Kosovo', 'XK'],
    ['USA', 'US'],
    ['U.S.A.', 'US'],
    ['UK', 'GB'],
    ['ZZ', 'ZZ'],
    ['Worldwide', 'ZZ'],
    ['GLOBAL', 'ZZ'],
    ['*', 'ZZ'],
    // Real exports have these withdrawn codes of Benin, Burkina Faso, France and Timor-Leste.
    ['DY', 'BJ'],
    ['HV', 'BF'],
    ['FX', 'FR'],
    ['TP', 'TL'],
  ])('%j is %s', (written, code) => {
    expect(readCountry(written)).toBe(code)
  })

  test.each([
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
    'Мexico',
    '5',
    `${'a'.repeat(500)}`,
  ])('%j is not a country', (written) => {
    expect(readCountry(written)).toBeNull()
  })
})

test('the codes are the 249 of ISO 3166-1, Kosovo and worldwide', () => {
  const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']
  const codes = letters.flatMap((a) => letters.map((b) => a + b)).filter(isCountryCode)
  expect(codes).toHaveLength(251)
})

test('every country is read from its own English name', () => {
  const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']
  const codes = letters.flatMap((a) => letters.map((b) => a + b)).filter(isCountryCode)
  expect(codes.filter((code) => readCountry(countryName(code)) !== code)).toEqual([])
})

test('only upper-case codes are codes, and the name of an unknown code is the code', () => {
  expect(isCountryCode('mx')).toBe(false)
  expect(isCountryCode('__')).toBe(false)
  expect(countryName('ZZ')).toBe('Worldwide')
  expect(countryName('MX')).toBe('Mexico')
  expect(countryName('QQ')).toBe('QQ')
  expect(countryName('')).toBe('')
})
