/** Every text of the page, in Chinese and English side by side: one cannot be there without the other. */
import { appeals } from './appeals'
import { common } from './common'
import { dashboard } from './dashboard'
import { people } from './people'
import { plugins } from './plugins'
import { blocks, releases } from './releases'
import { reviews } from './reviews'
import { system } from './system'
import type { Pair, Tree } from './tree'

type Words<T> = { -readonly [K in keyof T]: T[K] extends Pair ? string : Words<T[K]> }

const all = { ...common, dashboard, plugins, reviews, appeals, people, system, releases, blocks } as const
export type Messages = Words<typeof all>

function isPair(value: Pair | Tree): value is Pair {
  return Array.isArray(value)
}

function words(tree: Tree, place: 0 | 1): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(tree).map(([key, value]) => [key, isPair(value) ? value[place] : words(value, place)]),
  )
}

export const zh = words(all, 0) as Messages
export const en = words(all, 1) as Messages
