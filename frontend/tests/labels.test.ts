/** Who speaks to their computer says what they read: the name of what can be pressed contains its visible text. */
import { parse } from 'vue/compiler-sfc'
import { describe, expect, it } from 'vitest'
import en from '@/texts/en.json'
import chinese from '@/texts/zh-CN.json'

const PRESSED = new Set(['el-button', 'button', 'a', 'router-link', 'summary', 'el-tab-pane', 'el-radio-button'])

interface Node {
  type: number
  tag?: string
  children?: Node[]
  props?: { type: number; name: string; arg?: { content: string }; exp?: { content: string } }[]
  content?: { content: string } | string
}

/** The texts' keys that an expression can give, in the order in which it names them. */
function keysOf(expression: string): string[] {
  const found = /\bt\(\s*(?:'([\w.]+)'|`([^`]*)`|([^,()]*\?[^,()]*))/.exec(expression)
  if (found === null) return []
  const [, plain, template, choice] = found
  if (plain !== undefined) return [plain]
  const words = [...(choice ?? template ?? '').matchAll(/'([\w.]+)'(?!\s*(?:\?|\)|=))/g)].map(([, word]) => word ?? '')
  if (choice !== undefined) return words
  return words.map((word) => (template ?? '').replace(/\$\{[^}]*\}/, word))
}

function textAt(texts: object, key: string): string {
  return key.split('.').reduce<unknown>((at, part) => (at as Record<string, unknown>)[part], texts) as string
}

/** Words alone, as they are spoken. */
const spoken = (text: string) =>
  text
    .replaceAll(/\{\w+\}/g, ' ')
    .replaceAll(/[\p{P}\p{S}]/gu, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .toLowerCase()

function shownIn(node: Node): string[] {
  if (node.type === 5) return [(node.content as { content: string }).content]
  return (node.children ?? []).flatMap(shownIn)
}

function* pressedIn(node: Node): Generator<{ label: string; shown: string[] }> {
  const label = node.props?.find(({ name, arg }) => name === 'bind' && arg?.content === 'aria-label')?.exp?.content
  if (label !== undefined && PRESSED.has(node.tag ?? '')) yield { label, shown: (node.children ?? []).flatMap(shownIn) }
  for (const child of node.children ?? []) yield* pressedIn(child)
}

const files = import.meta.glob<string>('../src/**/*.vue', { query: '?raw', import: 'default', eager: true })
const pairs = Object.entries(files).flatMap(([file, source]) => {
  const ast = parse(source).descriptor.template?.ast
  if (!ast) return []
  return [...pressedIn(ast as unknown as Node)].flatMap(({ label, shown }) => {
    const names = keysOf(label)
    return shown
      .flatMap((expression) => [keysOf(expression)])
      .filter((keys) => keys.length > 0)
      .flatMap((keys) => keys.map((key, place) => ({ file, key, name: names[place % names.length] ?? '' })))
  })
})

describe('the name of what can be pressed', () => {
  it('is looked at everywhere', () => expect(pairs.length).toBeGreaterThan(15))

  it.each(pairs)('contains its text: $file $name', ({ key, name }) => {
    for (const texts of [en, chinese]) expect(spoken(textAt(texts, name))).toContain(spoken(textAt(texts, key)))
  })
})
