import { createI18n } from 'vue-i18n'
import { expect, it } from 'vitest'
import { en, zh } from '@/messages'

function flat(tree: object, path = ''): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]) =>
    typeof value === 'string' ? [[path + key, value] as [string, string]] : flat(value as object, `${path}${key}.`),
  )
}

const parameters = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '').sort()

it('says everything in both languages, with the same parameters', () => {
  const chinese = new Map(flat(zh))
  const english = new Map(flat(en))
  expect([...chinese.keys()]).toEqual([...english.keys()])
  expect(chinese.size).toBeGreaterThan(100)
  for (const [key, text] of chinese) {
    expect(text, key).not.toBe('')
    expect(parameters(english.get(key) as string), key).toEqual(parameters(text))
  }
})

it('has no Chinese in its English', () => {
  for (const [key, text] of flat(en)) expect(text, key).not.toMatch(/[\u4e00-\u9fff]/)
})

interface Renderer {
  global: { locale: { value: string }; t(key: string, values: object): string }
}

it('can be rendered: no text has letters that the library reads as its own', () => {
  // Without types: they are about keys, and every key is tried here.
  const i18n = createI18n({ legacy: false, locale: 'zh', messages: { zh, en } } as never) as unknown as Renderer
  for (const [locale, tree] of Object.entries({ zh, en })) {
    i18n.global.locale.value = locale
    for (const [key, text] of flat(tree)) {
      const values = Object.fromEntries(parameters(text).map((name) => [name, `<${name}>`]))
      expect(i18n.global.t(key, values), key).toBe(text.replaceAll(/\{(\w+)\}/g, '<$1>'))
    }
  }
})
