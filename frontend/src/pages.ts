/** The pages, and all that is told of each: the router, the menu and the guard read this one list. */
import type { Component } from 'vue'

export interface Page {
  /** Its name, by which links name it. */
  name: string
  /** Below the start of the admin page; empty for the first. */
  path: string
  view: () => Promise<Component>
  /** Permissions of which one is needed; without one the page is not offered, and says so. */
  needs?: readonly string[]
  /** The page of the menu that it belongs to, and is titled by; without it the page itself. */
  within?: string
  /** Is it left out of the menu? So is a page within another. */
  isHidden?: true
  /** Which number of what waits stands beside its name in the menu. */
  counts?: 'waiting'
}

const PLUGINS = ['plugin.view_all', 'plugin.view_own'] as const
const REVIEWS = ['review.view'] as const

/** In the order of the menu. */
export const PAGES: readonly Page[] = [
  { name: 'dashboard', path: '', view: () => import('@/views/DashboardView.vue'), needs: REVIEWS },
  { name: 'plugins', path: 'plugins', view: () => import('@/views/PluginsView.vue'), needs: PLUGINS },
  {
    name: 'plugin',
    path: 'plugins/:name',
    view: () => import('@/views/PluginView.vue'),
    needs: PLUGINS,
    within: 'plugins',
  },
  { name: 'host', path: 'host', view: () => import('@/views/HostView.vue'), needs: PLUGINS },
  {
    name: 'reviews',
    path: 'reviews',
    view: () => import('@/views/ReviewsView.vue'),
    needs: REVIEWS,
    counts: 'waiting',
  },
  {
    name: 'review',
    path: 'reviews/:id',
    view: () => import('@/views/ReviewView.vue'),
    needs: REVIEWS,
    within: 'reviews',
  },
  { name: 'appeals', path: 'appeals', view: () => import('@/views/AppealsView.vue'), needs: REVIEWS },
  { name: 'ratings', path: 'ratings', view: () => import('@/views/RatingsView.vue'), needs: REVIEWS },
  { name: 'blocks', path: 'blocks', view: () => import('@/views/BlocksView.vue'), needs: ['system.blocks'] },
  { name: 'developers', path: 'developers', view: () => import('@/views/DevelopersView.vue'), needs: ['user.view'] },
  { name: 'users', path: 'users', view: () => import('@/views/UsersView.vue'), needs: ['user.view'] },
  {
    name: 'categories',
    path: 'categories',
    view: () => import('@/views/CategoriesView.vue'),
    needs: ['system.categories'],
  },
  { name: 'backups', path: 'backups', view: () => import('@/views/BackupsView.vue'), needs: ['system.backups'] },
  { name: 'system', path: 'system', view: () => import('@/views/SystemView.vue'), needs: ['system.config'] },
  { name: 'audit', path: 'audit', view: () => import('@/views/AuditView.vue'), needs: ['system.audit'] },
  { name: 'account', path: 'account', view: () => import('@/views/AccountView.vue'), isHidden: true },
  { name: 'missing', path: ':rest(.*)*', view: () => import('@/views/MissingView.vue'), isHidden: true },
]

/** Those of the menu. */
export const MENU: readonly Page[] = PAGES.filter((page) => page.within === undefined && !page.isHidden)
