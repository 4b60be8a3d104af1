import { type Release, releaseOfVersion } from '../../../lib/platform/releases/families.ts'

/** The releases whose servers were run and whose answers are recorded. */
export const RECORDED_VERSIONS = ['2.8.4', '4.3.0'] as const
export type RecordedVersion = (typeof RECORDED_VERSIONS)[number]

/** The family of a recorded release. */
export function recordedRelease(version: RecordedVersion): Release {
  const release = releaseOfVersion(version)
  if (release === null) throw new Error(`${version} is of no family`)
  return release
}
