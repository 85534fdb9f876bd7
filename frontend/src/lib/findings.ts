/** Findings of automatic review as they are read: what says the same of many things is said once. */
import type { Issue } from '@/api/types'

/** One row: what it says, and about what. */
export interface Row {
  finding: Issue
  message: string
  lines: string[]
  /** Several findings in one: each line is one of them. */
  isMerged: boolean
}

const GAP = '…'
/** A message is divided between words, and before what stands in brackets. */
const BREAK = /[\s(（]/u
const BRACKETS = { '(': 1, '（': 1, ')': -1, '）': -1 } as const

/** Rows in the order in which their first findings come. */
export function asRows(findings: readonly Issue[]): Row[] {
  const groups = new Map<string, Issue[]>()
  for (const finding of findings) {
    const kind = JSON.stringify([finding.rule, finding.severity, finding.category])
    groups.set(kind, [...(groups.get(kind) ?? []), finding])
  }
  return [...groups.values()].flatMap((group) => merged(group) ?? group.map(single))
}

/** Evidence that its message says already says nothing. */
function single(finding: Issue): Row {
  const { message, evidence } = finding
  return { finding, message, lines: evidence.filter((line) => !message.includes(line)), isMerged: false }
}

/** Null where the messages have nothing in common. */
function merged(group: readonly Issue[]): Row | null {
  const [first] = group
  if (first === undefined || group.length < 2) return null
  const messages = group.map(({ message }) => message)
  const begin = commonBegin(messages)
  const end = commonEnd(messages.map((message) => message.slice(begin)))
  const isSame = messages.every((message) => message === first.message)
  if (!isSame && begin + end === 0) return null
  const lines = group.flatMap(({ message, evidence }) => {
    const own = isSame ? '' : message.slice(begin, message.length - end).trim()
    const further = evidence.filter((line) => !message.includes(line))
    return [own, ...further].filter(Boolean)
  })
  const message = isSame
    ? first.message
    : `${first.message.slice(0, begin)}${GAP}${end === 0 ? '' : first.message.slice(-end)}`
  return { finding: first, message, lines: [...new Set(lines)], isMerged: true }
}

/** How many code units all begin with, up to the end of a word. */
function commonBegin(texts: readonly string[]): number {
  const [first = ''] = texts
  let length = first.length
  for (const text of texts) while (!text.startsWith(first.slice(0, length))) length -= 1
  if (texts.every((text) => text.length === length)) return length
  while (length > 0 && !/\s/u.test(first[length - 1] ?? '') && !BREAK.test(first[length] ?? '')) length -= 1
  return length
}

/** How many code units all end with, from the beginning of a word. */
function commonEnd(texts: readonly string[]): number {
  const [first = ''] = texts
  let length = first.length
  for (const text of texts) while (!text.endsWith(first.slice(first.length - length))) length -= 1
  const isWhole = (end: string) => BREAK.test(end[0] ?? '') && isBalanced(end)
  while (length > 0 && !isWhole(first.slice(first.length - length))) length -= 1
  return length
}

function isBalanced(text: string): boolean {
  return [...text].reduce((depth, char) => depth + (BRACKETS[char as keyof typeof BRACKETS] ?? 0), 0) === 0
}
