/** Every dialog of the page is the house's: named, with a verb on its button. Read from the source, so that no new one is left out. */
import { describe, expect, it } from 'vitest'
import en from '@/texts/en.json'
import zh from '@/texts/zh-CN.json'

const sources: Record<string, string> = import.meta.glob(['../src/**/*.{ts,vue}', '!../src/api/schema.d.ts'], {
  eager: true,
  query: '?raw',
  import: 'default',
})
const files = Object.entries(sources).map(([path, code]) => ({ name: path.slice('../src/'.length), code }))

/** Words that do not say what is done. */
const VAGUE = new Set([
  'ok',
  'yes',
  'no',
  'confirm',
  'delete',
  'save',
  'continue',
  '确定',
  '确认',
  '是',
  '否',
  '删除',
  '保存',
  '继续',
])

function text(of: object, key: string): string | undefined {
  return key.split('.').reduce<unknown>((place, name) => (place as Record<string, unknown> | undefined)?.[name], of) as
    string | undefined
}

/** The arguments of a call that begins at `start`, split at its own commas. */
function argumentsAt(code: string, start: number): string[] {
  const found = ['']
  let depth = 0
  for (const character of code.slice(start)) {
    if (depth === 0 && character === ')') break
    if ('([{'.includes(character)) depth += 1
    if (')]}'.includes(character)) depth -= 1
    if (depth === 0 && character === ',') found.push('')
    else found[found.length - 1] += character
  }
  return found.map((one) => one.trim()).filter((one) => one !== '')
}

const questions = files.flatMap(({ name, code }) =>
  [...code.matchAll(/(?<!function )\b(?:confirmed|asked)\(/g)].map((found) => ({
    place: `${name}: ${code.slice(found.index, found.index + 60).split('\n')[0]}`,
    code,
    given: argumentsAt(code, found.index + found[0].length),
  })),
)

describe('questions', () => {
  it('are all found', () => expect(questions.length).toBeGreaterThan(15))

  it.each(questions)('$place: have a question and a verb', ({ given, code }) => {
    expect(given.length).toBeGreaterThanOrEqual(2)
    // Where the verb is handed in, those are the texts that the file hands in.
    const said = /\bt\(/.test(given[1]!) ? given[1]! : code
    const keys = [...said.matchAll(/\bt\('([\w.]+)'\)/g)].map(([, key]) => key!)
    if (said !== code) {
      for (const key of keys) {
        for (const words of [text(zh, key), text(en, key)]) expect(VAGUE).not.toContain(words?.toLowerCase())
      }
    }
  })

  it('are asked by one module', () => {
    const boxes = files.filter(({ code }) =>
      /ElMessageBox\.(confirm|prompt|alert)|\bwindow\.(confirm|prompt|alert)\(/.test(code),
    )
    expect(boxes.map(({ name }) => name).sort()).toEqual(['lib/asking.ts', 'lib/confirming.ts'])
  })
})

describe('dialogs', () => {
  const dialogs = files.flatMap(({ name, code }) =>
    [...code.matchAll(/<AppDialog\b[^>]*>/g)].map(([tag]) => ({ name, tag })),
  )

  it('are all the one component', () => {
    const others = files.filter(({ code }) => /<(el-dialog|el-drawer|el-popconfirm|dialog)\b/.test(code))
    expect(others.map(({ name }) => name)).toEqual(['components/common/AppDialog.vue'])
    expect(dialogs.length).toBeGreaterThan(7)
  })

  it.each(dialogs)('$name: has a title', ({ tag }) => expect(tag).toMatch(/\s:?title="[^"]+"/))
})

describe('sending', () => {
  const parts = files.filter(({ name }) => name.endsWith('.vue'))

  it.each(parts.filter(({ code }) => /import \{[^}]*\b(post|put|remove)\b[^}]*\} from '@\/api\/client'/.test(code)))(
    '$name: goes by the one state machine, or is read',
    ({ code }) => expect(code).toMatch(/\buse(Sending|Act|Loaded)\(/),
  )

  it('is nowhere a try of its own', () => {
    expect(parts.filter(({ code }) => /\btry \{[^}]*\bawait\b/.test(code)).map(({ name }) => name)).toEqual([])
  })
})
