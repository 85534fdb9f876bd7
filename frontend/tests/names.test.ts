import { expect, it } from 'vitest'
import { createApp, h } from 'vue'
import { I18nT } from 'vue-i18n'
import { i18n, speak } from '@/i18n'
import { graphemes, initial, isolated, shortened } from '@/lib/names'

const HEBREW = 'שלום'
const FAMILY = '👨‍👩‍👧‍👦'

it.each([
  ['plugin', 'P'],
  ['  plugin', 'P'],
  ['插件', '插'],
  [`${FAMILY} tools`, FAMILY],
  ['🇨🇳 flags', '🇨🇳'],
  ['e\u0301clair', 'E\u0301'],
  ['👍🏽 good', '👍🏽'],
  ['[beta] tools', 'B'],
  ['«quoted»', 'Q'],
  ['straße', 'S'],
  ['ßtools', 'ß'],
  [HEBREW, 'ש'],
  ['---', '-'],
  ['', ''],
])('begins %j with %j', (name, first) => {
  expect(initial(name)).toBe(first)
})

it('counts what a reader counts', () => {
  expect(graphemes(`a${FAMILY}e\u0301🇨🇳`)).toEqual(['a', FAMILY, 'e\u0301', '🇨🇳'])
})

it('shortens between characters, never within one', () => {
  expect(shortened('short', 5)).toBe('short')
  expect(shortened('longer', 5)).toBe('long…')
  expect(shortened(FAMILY.repeat(10), 4)).toBe(`${FAMILY.repeat(3)}…`)
  expect(shortened('two words', 5)).toBe('two…')
})

it('isolates what is written from right to left, and nothing else', () => {
  expect(isolated('Plain (1)')).toBe('Plain (1)')
  expect(isolated('插件 ٣')).toBe('\u2068插件 ٣\u2069')
  expect(isolated(`${HEBREW} (1)`)).toBe(`\u2068${HEBREW} (1)\u2069`)
})

it('lets no name reach out of where it stands', () => {
  // Would turn what follows, and would end the isolation.
  expect(isolated('a\u202eb')).toBe('ab')
  expect(isolated(`${HEBREW}\u2069`)).toBe(`\u2068${HEBREW}\u2069`)
  // What is isolated already stays so.
  expect(isolated(isolated(HEBREW))).toBe(`\u2068\u2068${HEBREW}\u2069\u2069`)
})

it('isolates parameters of every sentence', async () => {
  await speak('en')
  expect(i18n.global.t('reviews.select', { name: HEBREW, version: '1.0.0' })).toBe(`Select \u2068${HEBREW}\u2069 1.0.0`)
  expect(i18n.global.t('reviews.select', { name: 'Tools', version: '1.0.0' })).toBe('Select Tools 1.0.0')
})

it('puts elements into a sentence', async () => {
  await speak('en')
  const place = document.createElement('p')
  const slots = { name: () => h('bdi', HEBREW), version: () => '1.0.0' }
  createApp({ render: () => h(I18nT, { keypath: 'reviews.select', scope: 'global' }, slots) })
    .use(i18n)
    .mount(place)
  expect(place.innerHTML).toContain(`<bdi>${HEBREW}</bdi>`)
  expect(place.textContent).toBe(`Select ${HEBREW} 1.0.0`)
})
