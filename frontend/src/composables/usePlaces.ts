/** Where the names of things lead, for those who may go there; null for others, who see the name alone. */
import { useRouter, type RouteLocationRaw } from 'vue-router'
import { useSession } from '@/stores/session'

type Place = RouteLocationRaw | null

export function usePlaces() {
  const session = useSession()
  const router = useRouter()

  function mayOpen(page: string): boolean {
    return session.mayAny(router.getRoutes().find(({ name }) => name === page)?.meta.needs)
  }

  const places = {
    /** Developers see their own plugins alone, and of names elsewhere it is not known whose they are. */
    plugin: (name: string): Place => (session.may('plugin.view_all') ? { name: 'plugin', params: { name } } : null),
    review: (id: string): Place => (mayOpen('review') ? { name: 'review', params: { id } } : null),
    /** Accounts have no page of their own: the list of this one. */
    user: (username: string | null | undefined): Place =>
      username && mayOpen('users') ? { name: 'users', query: { search: username } } : null,
    developer: (name: string | null | undefined): Place =>
      name && mayOpen('developers') ? { name: 'developers', query: { search: name } } : null,
    /** What an entry of the audit log is about, by its type and id. */
    target: ({ type, id }: { type: string; id: string }): Place => {
      if (type === 'plugin') return places.plugin(id)
      return type === 'review' ? places.review(id) : null
    },
  }
  return places
}
