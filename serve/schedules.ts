import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { Cron } from 'croner'
import type { Log } from '../lib/log.ts'
import type { Handler } from './server.ts'
import type { UnderWay } from './under-way.ts'

/** A path of ours, and when it is called: a cron pattern of five fields, in UTC. */
interface Schedule {
  path: string
  schedule: string
}

interface SchedulerSettings {
  schedules: readonly Schedule[]
  /** Answers a scheduled call as it answers one from outside. */
  handle: Handler
  cronSecret: string
  log: Log
  underWay: UnderWay
}

/** Reads the schedules of vercel.json, which is the only list of them. */
export async function readSchedules(root: string): Promise<Schedule[]> {
  const text = await readFile(resolve(root, 'vercel.json'), 'utf8')
  return (JSON.parse(text) as { crons: Schedule[] }).crons
}

/**
 * Calls each path on its schedule as Vercel does: a GET with the secret of the scheduler. While a run is under way, its path
 * is not called again; the run after it finds what is due.
 *
 * @returns what stops it: no further run begins
 */
export function startScheduler(settings: SchedulerSettings): () => void {
  const { schedules, log, underWay } = settings
  const jobs = schedules.map(({ path, schedule }) => {
    const protect = () => log('warn', 'schedule_skipped', { path, schedule, why: 'still_running' })
    return new Cron(schedule, { timezone: 'UTC', mode: '5-part', protect }, () =>
      underWay.add(call(path, settings)),
    )
  })
  return () => {
    for (const job of jobs) job.stop()
  }
}

/** Makes one call. The route logs it, also when it fails. */
async function call(path: string, { handle, cronSecret, log }: SchedulerSettings): Promise<void> {
  const headers = { authorization: `Bearer ${cronSecret}`, 'user-agent': 'vercel-cron/1.0' }
  try {
    const answer = await handle(new Request(new URL(path, 'http://localhost'), { headers }))
    // The run ends with the end of its answer.
    await answer.arrayBuffer()
  } catch (error) {
    log('error', 'schedule_failed', { path, error })
  }
}
