/** Replies that reviewers keep for the notes of their decisions. */
import type { ReviewReply } from '@/api/types'

/** What stands for `{plugin}` and `{version}` in a reply. */
export interface Names {
  plugin: string
  version: string
}

/** What is written in a reply for these. */
export const PLACES: Readonly<Names> & Record<string, string> = { plugin: '{plugin}', version: '{version}' }

/** The reply's text about this plugin; other words in braces stay as they are. */
export function filled(text: string, names: Names): string {
  return text.replace(/\{(plugin|version)\}/g, (_, name: keyof Names) => names[name])
}

/** Those with all the words in their title or text, in the order given. */
export function fitting(replies: readonly ReviewReply[], words: string): ReviewReply[] {
  const wanted = words.toLocaleLowerCase().split(/\s+/).filter(Boolean)
  return replies.filter(({ title, text }) => {
    const all = `${title}\n${text}`.toLocaleLowerCase()
    return wanted.every((word) => all.includes(word))
  })
}

/** A text with another put in where the cursor is, in place of what is selected; beside text on a line of its own. */
export function inserted(text: string, from: number, to: number, piece: string): { text: string; cursor: number } {
  const before = text.slice(0, from)
  const after = text.slice(to)
  const gap = before === '' || /\s$/.test(before) ? '' : '\n'
  const rest = after === '' || /^\s/.test(after) ? '' : '\n'
  return { text: before + gap + piece + rest + after, cursor: before.length + gap.length + piece.length }
}
