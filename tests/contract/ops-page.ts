import { type CheerioAPI, load } from 'cheerio'
import { type PageReply, servePages } from './page-server.ts'
import { BUSINESS_KEY, CRON_SECRET, type Service } from './service.ts'

/** Something on the page of operators that has buttons. */
export interface Card {
  text: string
  /** The names of its buttons. */
  actions: string[]
  /** The values of the fields that a person fills in. */
  filled: Record<string, string>
  /** Sends the form of a button as a browser does, with what the person filled in. */
  press: (action: string, filled?: Record<string, string>) => Promise<Pressed>
}

type Found = ReturnType<CheerioAPI>

/** The page that came after a button. */
interface Pressed {
  status: number
  text: string
  cards: Card[]
}

/** The page of operators, signed in with these keys. */
export async function openOpsPage(
  service: Service,
  keys: readonly string[] = [CRON_SECRET, BUSINESS_KEY],
): Promise<{
  text: () => Promise<string>
  /** What waits for a person, and with `of` the events. */
  cards: (of?: '.card' | '.told li') => Promise<Card[]>
  close: () => Promise<void>
}> {
  const pages = await servePages(service)
  let cookie = ''
  for (const key of keys) {
    const { headers } = await pages.post('/ops/sign-in', { key }, { cookie })
    cookie = headers.get('set-cookie')?.split(';')[0] ?? ''
  }
  const text = async () => (await pages.get('/ops', { cookie })).text

  function cardsOf(page: string, of: string): Card[] {
    const $ = load(page)
    return $(of)
      .toArray()
      .map((card) => cardOf($, $(card)))
  }

  function cardOf($: CheerioAPI, card: Found): Card {
    const fieldsOf = (form: Found) =>
      Object.fromEntries(
        form
          .find('input[type!=checkbox]')
          .toArray()
          .map((input) => [$(input).attr('name') ?? '', $(input).attr('value') ?? '']),
      )
    return {
      text: card.text(),
      actions: card
        .find('button')
        .toArray()
        .map((button) => $(button).attr('value') ?? ''),
      filled: Object.fromEntries(
        card
          .find('label input[type!=checkbox]')
          .toArray()
          .map((input) => [$(input).attr('name') ?? '', $(input).attr('value') ?? '']),
      ),
      press: async (action, filled = {}) => {
        const form = card.find(`button[value="${action}"]`).closest('form')
        const fields = { ...fieldsOf(form), ...filled, action }
        const reply = await pages.post(form.attr('action') ?? '/ops', fields, { cookie })
        const after = await follow(reply)
        return { status: reply.status, text: after, cards: cardsOf(after, '.card') }
      },
    }
  }

  async function follow(reply: PageReply): Promise<string> {
    const to = reply.headers.get('location')
    return to === null ? reply.text : (await pages.get(to, { cookie })).text
  }

  return {
    text,
    close: pages.close,
    cards: async (of = '.card') => cardsOf(await text(), of),
  }
}
