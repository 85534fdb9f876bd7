/** Texts, a file for each language. The build takes them from the server's catalogue (microdock_server/messages). */
import { createI18n, type MessageContext } from 'vue-i18n'
import { isolated } from '@/lib/names'
import type texts from './texts/en.json'
import languages from './texts/languages.json'

export type Messages = typeof texts

/** The languages that there are: the tag, what the API calls it, what it is called in itself. */
export const LANGUAGES: readonly { tag: string; code: string; name: string }[] = languages

const files = import.meta.glob<Messages>(['./texts/*.json', '!./texts/languages.json'], { import: 'default' })

type Rendered = (context: MessageContext<string>) => string

/** What texts that vue-i18n compiles are put together by, too: to a string, and for `<i18n-t>` to elements. */
interface Joining {
  interpolate(value: unknown): unknown
  normalize(parts: unknown[]): string
}

/** A text with its parameters in their places. All the syntax there is are names in braces; what is put there may be
written from right to left, and changes nothing of the sentence around it. In a sentence of `<i18n-t>` parameters are
elements, which isolate themselves. */
function rendered(text: string): Rendered {
  // Every other part is a name.
  const parts = text.split(/\{(\w+)\}/)
  return (context) => {
    const { interpolate, normalize } = context as MessageContext<string> & Joining
    return normalize(parts.map((part, place) => (place % 2 === 0 ? part : put(interpolate(context.named(part) ?? '')))))
  }
}

function put<T>(value: T): T | string {
  return typeof value === 'string' ? isolated(value) : value
}

/** The same tree, with functions in place of texts. */
function asFunctions<T extends object>(texts: T): T {
  const made = Object.entries(texts).map(([key, text]) => [
    key,
    typeof text === 'string' ? rendered(text) : asFunctions(text as object),
  ])
  return Object.fromEntries(made) as T
}

export const i18n = createI18n<[Messages], string, false>({
  legacy: false,
  locale: 'zh-CN',
  fallbackLocale: false,
  messages: {},
})

let wanted = ''

/** Show the language with this tag, as soon as its texts are loaded. */
export async function speak(tag: string): Promise<void> {
  wanted = tag
  const load = files[`./texts/${tag}.json`]
  if (load === undefined) throw new Error(`there are no texts in ${tag}`)
  if (!i18n.global.availableLocales.includes(tag)) i18n.global.setLocaleMessage(tag, asFunctions(await load()))
  if (wanted === tag) i18n.global.locale.value = tag
}
