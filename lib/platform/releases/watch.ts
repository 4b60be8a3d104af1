import type { Log } from '../../log.ts'
import { FAMILIES, type Release } from './families.ts'
import { isTold, type Judged, judgeSigns, type Signs } from './signs.ts'

/** What is known of the platform's release now. `unreachable`: it could not be asked. */
export type ReleaseFinding = Judged | { kind: 'unreachable'; reason: string }

const SILENT: ReleaseFinding = {
  kind: 'unreachable',
  reason: 'it answered none of the questions about its methods',
}

/** For so long a finding counts. It ends at once when the platform was away, or when an answer does not fit. */
const FOUND_FOR_MS = 5 * 60_000
/** A platform that could not be told is asked again after this time. */
const UNTOLD_FOR_MS = 10_000

/** Finds out which release a platform is, and remembers it for some minutes. */
export interface ReleaseWatch {
  find(): Promise<ReleaseFinding>
  /** Forgets the finding, because an answer did not fit it. */
  doubt(why: string): void
  /** Forgets the finding, because the platform was away: it may be another release when it comes back. */
  noteAway(): void
}

/** @param readSigns asks the platform. @throws Error when it cannot be asked */
export function createReleaseWatch(
  readSigns: () => Promise<Signs>,
  { now, log }: { now: () => Date; log: Log },
): ReleaseWatch {
  let last:
    | { atMs: number; forMs: number; isFound: boolean; finding: Promise<ReleaseFinding> }
    | undefined
  let found: Release | undefined

  async function ask(): Promise<ReleaseFinding> {
    let finding: ReleaseFinding
    try {
      const signs = await readSigns()
      finding = isTold(signs) ? judgeSigns(signs) : SILENT
    } catch (error) {
      finding = { kind: 'unreachable', reason: error instanceof Error ? error.message : '' }
    }
    if (finding.kind === 'unclear') log('error', 'platform_release_unclear', finding)
    if (finding.kind === 'found' && finding.release !== found) {
      const { release, alike } = finding
      log('info', 'platform_release', { release, alike, before: found ?? null })
      found = release
    }
    return finding
  }

  return {
    find() {
      const atMs = now().getTime()
      if (last !== undefined && Math.abs(atMs - last.atMs) <= last.forMs) return last.finding
      const asked = { atMs, forMs: FOUND_FOR_MS, isFound: false, finding: ask() }
      last = asked
      void asked.finding.then(({ kind }) => {
        asked.isFound = kind === 'found'
        if (kind !== 'found') asked.forMs = UNTOLD_FOR_MS
      })
      return asked.finding
    },
    doubt(why) {
      if (last === undefined) return
      log('info', 'platform_release_doubted', { why, release: found ?? null })
      last = undefined
    },
    noteAway() {
      // A question that is under way tells by itself what it met.
      if (last?.isFound) last = undefined
    },
  }
}

/** How a release is known, for people. */
export function knownBy(release: Release): (typeof FAMILIES)[number]['knownBy'] {
  return FAMILIES.find(({ name }) => name === release)?.knownBy ?? 'reported'
}
