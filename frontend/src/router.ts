/** Pages, and the permission that each of them needs: the menu and the guard read the same table. */
import { createRouter, createWebHistory, type RouteRecordRaw, type Router } from 'vue-router'
import { mayLeave } from './lib/leaving'
import { useSession } from './stores/session'

declare module 'vue-router' {
  interface RouteMeta {
    /** Permissions of which one is needed, else the page is not offered. */
    needs?: readonly string[]
    /** Key of the title, below `page`. */
    title?: string
    isPublic?: boolean
  }
}

const pages: RouteRecordRaw[] = [
  {
    path: '',
    name: 'dashboard',
    component: () => import('./views/DashboardView.vue'),
    meta: { title: 'dashboard', needs: ['review.view'] },
  },
  {
    path: 'plugins',
    name: 'plugins',
    component: () => import('./views/PluginsView.vue'),
    meta: { title: 'plugins', needs: ['plugin.view_all', 'plugin.view_own'] },
  },
  {
    path: 'plugins/:name',
    name: 'plugin',
    component: () => import('./views/PluginView.vue'),
    props: true,
    meta: { title: 'plugins', needs: ['plugin.view_all', 'plugin.view_own'] },
  },
  {
    path: 'reviews',
    name: 'reviews',
    component: () => import('./views/ReviewsView.vue'),
    meta: { title: 'reviews', needs: ['review.view'] },
  },
  {
    path: 'reviews/:id',
    name: 'review',
    component: () => import('./views/ReviewView.vue'),
    props: true,
    meta: { title: 'reviews', needs: ['review.view'] },
  },
  {
    path: 'appeals',
    name: 'appeals',
    component: () => import('./views/AppealsView.vue'),
    meta: { title: 'appeals', needs: ['review.view'] },
  },
  {
    path: 'ratings',
    name: 'ratings',
    component: () => import('./views/RatingsView.vue'),
    meta: { title: 'ratings', needs: ['review.view'] },
  },
  {
    path: 'blocks',
    name: 'blocks',
    component: () => import('./views/BlocksView.vue'),
    meta: { title: 'blocks', needs: ['system.blocks'] },
  },
  {
    path: 'host',
    name: 'host',
    component: () => import('./views/HostView.vue'),
    meta: { title: 'host', needs: ['plugin.view_all', 'plugin.view_own'] },
  },
  {
    path: 'developers',
    name: 'developers',
    component: () => import('./views/DevelopersView.vue'),
    meta: { title: 'developers', needs: ['user.view'] },
  },
  {
    path: 'users',
    name: 'users',
    component: () => import('./views/UsersView.vue'),
    meta: { title: 'users', needs: ['user.view'] },
  },
  {
    path: 'categories',
    name: 'categories',
    component: () => import('./views/CategoriesView.vue'),
    meta: { title: 'categories', needs: ['system.categories'] },
  },
  {
    path: 'backups',
    name: 'backups',
    component: () => import('./views/BackupsView.vue'),
    meta: { title: 'backups', needs: ['system.backups'] },
  },
  {
    path: 'system',
    name: 'system',
    component: () => import('./views/SystemView.vue'),
    meta: { title: 'system', needs: ['system.config'] },
  },
  {
    path: 'audit',
    name: 'audit',
    component: () => import('./views/AuditView.vue'),
    meta: { title: 'audit', needs: ['system.audit'] },
  },
  {
    path: ':rest(.*)*',
    name: 'missing',
    component: () => import('./views/MissingView.vue'),
    meta: { title: 'missing' },
  },
]

export function createAppRouter(): Router {
  const router = createRouter({
    history: createWebHistory(import.meta.env.BASE_URL),
    routes: [
      {
        path: '/login',
        name: 'login',
        component: () => import('./views/LoginView.vue'),
        meta: { title: 'login', isPublic: true },
      },
      { path: '/', component: () => import('./components/AppLayout.vue'), children: pages },
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
  return router
}
