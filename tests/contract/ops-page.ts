import { load } from 'cheerio'
import { servePages } from './page-server.ts'
import { BUSINESS_KEY, CRON_SECRET, type Service } from './service.ts'

/** Something on the page of operators that has buttons. */
export interface Card {
  text: string
  /** The names of its buttons. */
  actions: string[]
  /** Sends the form of a button as a browser does, with what the person filled in. @returns the page, or what was refused */
  press: (
    action: string,
    filled?: Record<string, string>,
  ) => Promise<{ status: number; text: string }>
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
  return {
    text,
    close: pages.close,
    cards: async (of = '.card') => {
      const $ = load(await text())
      return $(of)
        .toArray()
        .map((card) => ({
          text: $(card).text(),
          actions: $(card)
            .find('button')
            .toArray()
            .map((button) => $(button).attr('value') ?? ''),
          press: async (action, filled = {}) => {
            const form = $(card).find(`button[value="${action}"]`).closest('form')
            const fields = form
              .find('input')
              .toArray()
              .filter((input) => $(input).attr('type') !== 'checkbox')
              .map((input) => [$(input).attr('name'), $(input).attr('value') ?? ''])
            const path = form.attr('action') ?? '/ops'
            const reply = await pages.post(
              path,
              { ...Object.fromEntries(fields), ...filled, action },
              { cookie },
            )
            const to = reply.headers.get('location')
            if (to === null) return reply
            return { status: reply.status, text: (await pages.get(to, { cookie })).text }
          },
        }))
    },
  }
}
