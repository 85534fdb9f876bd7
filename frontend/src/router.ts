/** The router of the pages, and the guard before them. */
import {
  createRouter,
  createWebHistory,
  type RouteLocationNormalized,
  type RouteRecordRaw,
  type Router,
} from 'vue-router'
import { mayLeave } from '@/composables/useUnsent'
import { MENU, PAGES } from '@/pages'
import { useConnection } from '@/stores/connection'
import { useSession } from '@/stores/session'

declare module 'vue-router' {
  interface RouteMeta {
    /** Permissions of which one is needed, else the page is not offered. */
    needs?: readonly string[]
    /** Key of the title, below `page`. */
    title?: string
    isPublic?: boolean
    /** Its place in the menu. */
    menu?: number
  }
}

const pages: RouteRecordRaw[] = PAGES.map((page) => ({
  name: page.name,
  path: page.path,
  component: page.view,
  props: page.within !== undefined,
  meta: {
    title: page.within ?? page.name,
    needs: page.needs,
    menu: MENU.includes(page) ? MENU.indexOf(page) : undefined,
  },
}))

export function createAppRouter(): Router {
  const router = createRouter({
    history: createWebHistory(import.meta.env.BASE_URL),
    routes: [
      {
        path: '/login',
        name: 'login',
        component: () => import('@/views/LoginView.vue'),
        meta: { title: 'login', isPublic: true },
      },
      { path: '/', component: () => import('@/components/layout/AppLayout.vue'), children: pages },
    ],
  })
  router.beforeEach(async (to, from) => {
    const session = useSession()
    // Who has to log in again is asked nothing: what they typed waits for them.
    if (session.user !== null && to.path !== from.path && !(await mayLeave())) return false
    if (session.user === null && !to.meta.isPublic) return { name: 'login', query: { next: to.fullPath } }
    // Developers have no dashboard: they begin with what is theirs.
    if (to.name === 'dashboard' && !session.mayAny(to.meta.needs) && session.may('plugin.view_own')) {
      return { name: 'plugins' }
    }
    return true
  })
  telling(router)
  return router
}

/** Tell of each navigation from where its page's code is loaded; one that another overtook tells nothing any more. */
function telling(router: Router): void {
  const connection = useConnection()
  let current: RouteLocationNormalized | null = null

  function isOver(to: RouteLocationNormalized): void {
    if (to === current) connection.isNavigating = connection.isLeaving = false
  }

  router.beforeEach((to, from) => {
    current = to
    connection.isNavigating = true
    connection.isLeaving = to.path !== from.path
  })
  router.afterEach((to, from, failure) => {
    isOver(to)
    // A list that writes its filters into its address is still the page that another was missing from.
    if (!failure && to.path !== from.path) connection.missing = null
  })
  // Of what a navigation does, only loading the code can fail.
  router.onError((_, to) => {
    isOver(to)
    void connection.lacks(router.resolve(to.fullPath).href)
  })
}
