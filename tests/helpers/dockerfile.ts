import { spawnSync } from 'node:child_process'
import { cp, mkdir, readFile } from 'node:fs/promises'
import { dirname, join, matchesGlob, relative } from 'node:path'

/** What the steps of a Dockerfile made, in a folder that stands for the file system of the image. */
export interface BuiltImage {
  base: string
  /** The folder that the commands start in. */
  folder: string
  environment: Record<string, string>
  user: string
  port: string
  command: string[]
  healthCheck: string[]
}

type Step = [instruction: string, rest: string]

/** Reads the instructions of a Dockerfile. A line that ends in a backslash goes on in the next one. */
function readSteps(text: string): Step[] {
  return text
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, instruction = '', rest = ''] = /^([A-Z]+)\s+(.*)$/.exec(line.trim()) ?? []
      return [instruction, rest]
    })
}

/** Whether a file of the project is part of the build context. The last line of .dockerignore that matches decides. */
function contextOf(ignore: string): (path: string) => boolean {
  const rules = ignore.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'))
  return (path) => {
    const parents = path.split('/').map((_, index, steps) => steps.slice(0, index + 1).join('/'))
    return rules.reduce((isIn, rule) => {
      const isBack = rule.startsWith('!')
      const pattern = isBack ? rule.slice(1) : rule
      return parents.some((parent) => matchesGlob(parent, pattern)) ? isBack : isIn
    }, true)
  }
}

/**
 * Performs the steps of a Dockerfile on a copy, without a container engine: COPY takes files of the build context only, and
 * RUN runs as printed. An instruction that is not known here fails.
 */
export async function buildImage(root: string, image: string): Promise<BuiltImage> {
  const isInContext = contextOf(await readFile(join(root, '.dockerignore'), 'utf8'))
  const built: BuiltImage = {
    base: '',
    folder: image,
    environment: {},
    user: 'root',
    port: '',
    command: [],
    healthCheck: [],
  }
  const performers: Record<string, (rest: string) => void | Promise<void>> = {
    FROM: (rest) => {
      built.base = rest
    },
    // An argument that the build is not given is empty.
    ARG: () => {},
    ENV: (rest) => {
      for (const word of rest.split(/\s+/)) {
        const [name = '', value = ''] = word.split('=')
        built.environment[name] = value.replace(/\$\{\w+\}/g, '')
      }
    },
    WORKDIR: async (rest) => {
      built.folder = join(image, rest)
      await mkdir(built.folder, { recursive: true })
    },
    COPY: async (rest) => {
      const sources = rest.split(/\s+/)
      const target = sources.pop() ?? ''
      for (const source of sources) {
        const to = join(built.folder, target.endsWith('/') ? join(target, source) : target)
        await mkdir(dirname(to), { recursive: true })
        const filter = (file: string) => isInContext(relative(root, file))
        await cp(join(root, source), to, { recursive: true, filter })
      }
    },
    RUN: (rest) => {
      const { PATH = '', HOME = '' } = process.env
      const env = { PATH, HOME, npm_config_prefer_offline: 'true', ...built.environment }
      const { status, stderr } = spawnSync('sh', ['-c', rest], {
        cwd: built.folder,
        env,
        encoding: 'utf8',
      })
      if (status !== 0) throw new Error(`RUN ${rest} ended with code ${status}: ${stderr}`)
    },
    USER: (rest) => {
      built.user = rest
    },
    EXPOSE: (rest) => {
      built.port = rest
    },
    HEALTHCHECK: (rest) => {
      built.healthCheck = JSON.parse(rest.split(' CMD ')[1] ?? '')
    },
    CMD: (rest) => {
      built.command = JSON.parse(rest)
    },
  }
  for (const [instruction, rest] of readSteps(await readFile(join(root, 'Dockerfile'), 'utf8'))) {
    const perform = performers[instruction]
    if (perform === undefined) throw new Error(`Not known here: "${instruction} ${rest}"`)
    await perform(rest)
  }
  return built
}
