/** One thing that was checked from outside. */
export interface Row {
  check: string
  /** `unknown`: it could not be found out. It counts as failed. */
  result: 'pass' | 'fail' | 'unknown'
  /** What was seen. */
  seen: string
  /** What to do about it; empty for what is right. */
  todo: string
}

/** @param todo what to do if it is not right */
export function rowOf(check: string, isRight: boolean, seen: string, todo: string): Row {
  return { check, result: isRight ? 'pass' : 'fail', seen, todo: isRight ? '' : todo }
}
