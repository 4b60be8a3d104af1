import { html as escaped, raw } from 'hono/html'

declare const isMarkup: unique symbol

/** Markup whose every text from outside is escaped. Only the tag `html` and `joined` make it. */
export type Html = { readonly [isMarkup]: true; toString(): string }

/** What may stand in a template: text is escaped, and `null`, `undefined` and `false` show nothing. */
type Shown = string | number | null | undefined | false | Html | readonly Html[]

/**
 * Controls, marks that turn the direction of writing and other invisible characters: in a name of a stranger they could
 * make the text beside it read as something else.
 */
const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}]/gu

/** A text from outside as a page may show it. */
export function visible(text: string): string {
  return text.toWellFormed().replace(INVISIBLE, '\ufffd')
}

/** Markup with escaped values, for HTML, SVG and Atom. Our own texts pass the same way as those of strangers. */
export function html(strings: TemplateStringsArray, ...values: Shown[]): Html {
  const shown = values.map((value) => (typeof value === 'string' ? visible(value) : value))
  return escaped(strings, ...shown) as unknown as Html
}

/** Puts markup together, with a text of ours between the parts. */
export function joined(parts: readonly Html[], between: string): Html {
  return raw(parts.map(String).join(between)) as unknown as Html
}
