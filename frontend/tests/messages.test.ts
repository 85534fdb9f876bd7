import { expect, it } from 'vitest'
import { LANGUAGES, i18n, speak } from '@/i18n'

const texts: Record<string, object> = import.meta.glob(['../src/texts/*.json', '!../src/texts/languages.json'], {
  eager: true,
  import: 'default',
})

function flat(tree: object, path = ''): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]) =>
    typeof value === 'string' ? [[path + key, value] as [string, string]] : flat(value as object, `${path}${key}.`),
  )
}

const parameters = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '')

it('has the texts of every language that there is, and of no other', () => {
  expect(Object.keys(texts).sort()).toEqual(LANGUAGES.map(({ tag }) => `../src/texts/${tag}.json`).sort())
  expect(LANGUAGES.slice(0, 2)).toEqual([
    { tag: 'zh-CN', code: 'zh', name: '中文' },
    { tag: 'en', code: 'en', name: 'English' },
  ])
})

it.each(LANGUAGES)(
  'can render every text in $tag: none has letters that the library reads as its own',
  async ({ tag }) => {
    await speak(tag)
    // Without types: they are about keys, and every key is tried here.
    const t = i18n.global.t as (key: string, values: object) => string
    const found = flat(texts[`../src/texts/${tag}.json`] ?? {})
    expect(found.length).toBeGreaterThan(700)
    for (const [key, text] of found) {
      const values = Object.fromEntries(parameters(text).map((name) => [name, `<${name}>`]))
      expect(t(key, values), key).toBe(text.replaceAll(/\{(\w+)\}/g, '<$1>'))
    }
  },
)

it('shows the language that was asked for last', async () => {
  await Promise.all([speak('en'), speak('zh-CN')])
  expect(i18n.global.locale.value).toBe('zh-CN')
  await expect(speak('xx')).rejects.toThrow('xx')
})
