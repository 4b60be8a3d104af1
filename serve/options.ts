import type { Config } from '../lib/config.ts'
import { type IsTrustedProxy, parseProxies } from './caller.ts'
import {
  type Command,
  CommandLineError,
  parseCommandLine,
  readInteger,
  readPort,
} from './command-line.ts'

/** How `npm run serve` ends. docs/deploy.md lists the codes. */
export const EXIT = {
  /** It was told to stop, and everything that was under way has ended. */
  stopped: 0,
  /** It failed, such as for a port that is taken. */
  failed: 1,
  /** The command line or the environment is not usable. */
  unusable: 2,
  /** It was told to stop, and work was cut: it took too long, or a second signal came. */
  cut: 3,
} as const

const DEFAULT_STOP_SECONDS = 30

const SERVE_COMMAND = {
  name: 'npm run serve',
  does: 'Serves the API and runs its schedules, for a machine or a container of your own. docs/deploy.md describes it.',
  options: {
    'without-schedules': {
      type: 'flag',
      means: 'Serves only. Another instance, or pg_cron, runs the schedules.',
    },
  },
  environment: {
    PORT: 'The port to listen on, 0 to 65535; 0 takes a free one (default 3000).',
    HOST: 'The address to listen on (default 127.0.0.1; 0.0.0.0 for all of IPv4, :: for all).',
    TRUSTED_PROXIES:
      'Addresses and networks of proxies in front, such as 10.0.0.0/8; only they may say in X-Forwarded-For who calls.',
    STOP_SECONDS: `How long a stop waits for what is under way, 0 to 3600 (default ${DEFAULT_STOP_SECONDS}).`,
    '.env.example':
      'Lists the variables of the service. The database and CRON_SECRET are required.',
  },
  exitCodes: {
    [EXIT.stopped]: 'A signal (SIGTERM, SIGINT) stopped it, and nothing was cut.',
    [EXIT.failed]: 'It failed, such as for a port that is taken.',
    [EXIT.unusable]: 'The command line or the environment is not usable.',
    [EXIT.cut]: 'A signal stopped it, and work was cut after STOP_SECONDS or by a second signal.',
  },
  example: 'PORT=8080 npm run serve',
} as const satisfies Command

export interface ServeOptions {
  port: number
  hostname: string
  isTrustedProxy: IsTrustedProxy
  stopSeconds: number
  withSchedules: boolean
}

/** @throws CommandLineError naming the option or variable, its value and what is allowed */
export function readServeOptions(
  args: readonly string[],
  env: { PORT?: string; HOST?: string; TRUSTED_PROXIES?: string; STOP_SECONDS?: string },
): ServeOptions {
  const options = parseCommandLine(SERVE_COMMAND, args)
  return {
    port: readPort('PORT', env.PORT, 3000),
    hostname: env.HOST?.trim() || '127.0.0.1',
    isTrustedProxy: readProxies(env.TRUSTED_PROXIES ?? ''),
    stopSeconds: readInteger('STOP_SECONDS', env.STOP_SECONDS, {
      min: 0,
      max: 3_600,
      byDefault: DEFAULT_STOP_SECONDS,
    }),
    withSchedules: !options['without-schedules'],
  }
}

function readProxies(text: string): IsTrustedProxy {
  const isTrusted = parseProxies(text)
  if (isTrusted !== null) return isTrusted
  throw new CommandLineError(
    `TRUSTED_PROXIES is "${text}" in the environment; allowed: a comma list of addresses and networks, such as 127.0.0.1, 10.0.0.0/8`,
  )
}

/**
 * Returns the secret of the scheduler.
 * @throws CommandLineError naming what a deployment needs and does not have
 */
export function requireSettings({ supabase, access }: Pick<Config, 'supabase' | 'access'>): string {
  const missing = [
    ...(supabase === null
      ? [
          'no database is configured; allowed: SUPABASE_URL with SUPABASE_SERVICE_ROLE_KEY, or POSTGREST_URL with it',
        ]
      : []),
    ...(access.cronSecret === null
      ? ['CRON_SECRET is not set; allowed: 16 random characters or more']
      : []),
  ]
  if (access.cronSecret === null || missing.length > 0) {
    throw new CommandLineError(`npm run serve cannot start: ${missing.join('. ')}`)
  }
  return access.cronSecret
}
