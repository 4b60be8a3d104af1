import { SEP_NAMES, sepNumber } from '../anchors/check/toml/fields.ts'
import type { AdvisedFinding, RequestedCheck } from '../anchors/check-on-request.ts'
import { visible } from './html.ts'

export const MARKDOWN_TYPE = 'text/markdown; charset=utf-8'

/** What a check that anybody may ask for found, as Markdown for an issue or a chat. */
export function checkAsMarkdown(check: RequestedCheck): string {
  const { domain, checkedAt, network, steps, findings, moreFindings } = check
  const ladder =
    steps === null
      ? []
      : [
          '## Protocols',
          '',
          '| SEP | step |',
          '| --- | --- |',
          ...SEP_NAMES.filter((name) => steps[name] !== 'absent').map(
            (name) => `| ${sepNumber(name)} | ${steps[name]} |`,
          ),
          '',
        ]
  return [
    `# Check of ${domain}`,
    '',
    `${checkedAt}, ${network}: ${verdictOf(check, asCode)}`,
    '',
    ...ladder,
    `## Findings`,
    '',
    ...(findings.length === 0 ? ['Nothing wrong was found.'] : findings.map(line)),
    ...(moreFindings > 0 ? [`- and ${moreFindings} more`] : []),
    '',
  ].join('\n')
}

/** Whether a check leaves a wallet without anything to use. */
export function isBad({ outcome, listings }: RequestedCheck): boolean {
  return outcome !== 'ok' || (listings.length > 0 && !listings.some((one) => one.operational))
}

/**
 * What a check says of a home domain.
 *
 * @param quoted shows an error or a reason, which may hold a text of a stranger
 */
export function verdictOf(
  { outcome, error, trust, listings }: RequestedCheck,
  quoted = (text: string) => text,
): string {
  switch (outcome) {
    case 'ok': {
      const read = 'The stellar.toml is readable and the trust rules accept it.'
      if (listings.length === 0) return `${read} The catalog has no listing of it.`
      const works = listings.filter((one) => one.operational).length
      return `${read} By this check, ${works} of its ${listings.length} listings in the catalog work.`
    }
    case 'definite':
      return 'There is no stellar.toml.'
    case 'policy':
      return `The trust rules refuse the stellar.toml: ${trust?.reasons.map(quoted).join(', ') ?? quoted(error ?? 'it is not readable')}.`
    case 'unsure':
      return `The check could not judge the home domain${error === null ? '' : `: ${quoted(error)}`}. It may be a passing fault.`
  }
}

function line({ code, field, actual, meaning, advice }: AdvisedFinding): string {
  const place = field === undefined ? '' : ` at ${asCode(field)}`
  const value = actual === undefined ? '' : ` is ${asCode(actual)}`
  return `- **${meaning}** ${advice} (\`${code}\`${place}${value})`
}

/** A text of a stranger between backticks, which it cannot leave. */
function asCode(text: string): string {
  return `\`${visible(text).replaceAll('`', "'")}\``
}
