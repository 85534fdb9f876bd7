/** The tree of categories, made of the flat list that the server tells. */
import { isolated } from '@/lib/names'
import type { Category } from '@/api/types'

export interface CategoryNode {
  category: Category
  children: CategoryNode[]
}

/** Siblings stay in the server's order; what is below a category that is not there stands at the top. */
export function treeOf(categories: readonly Category[]): CategoryNode[] {
  const nodes = new Map(categories.map((category) => [category.id, { category, children: [] } as CategoryNode]))
  const top: CategoryNode[] = []
  for (const node of nodes.values()) {
    const parent = node.category.parent_id === null ? undefined : nodes.get(node.category.parent_id)
    const siblings = parent?.children ?? top
    siblings.push(node)
  }
  return top
}

/** Every category with its path (`Tools / Build`), without `except` and what is below it. */
export function pathsOf(nodes: readonly CategoryNode[], except: string | null, above = ''): [string, string][] {
  return nodes
    .filter(({ category }) => category.id !== except)
    .flatMap(({ category, children }) => {
      const own = isolated(category.name)
      const path = above === '' ? own : `${above} / ${own}`
      return [[category.id, path] as [string, string], ...pathsOf(children, except, path)]
    })
}
