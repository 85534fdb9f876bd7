import { createPinia } from 'pinia'
import { createApp, watch } from 'vue'
import 'element-plus/theme-chalk/base.css'
import 'element-plus/theme-chalk/dark/css-vars.css'
import 'element-plus/theme-chalk/el-message.css'
import 'element-plus/theme-chalk/el-message-box.css'
import 'element-plus/theme-chalk/el-overlay.css'
import App from './App.vue'
import { useCredentials, watchRequests } from './api/client'
import { i18n, speak } from './i18n'
import { guardTab } from '@/composables/useUnsent'
import { createAppRouter } from './router'
import { useConnection } from './stores/connection'
import { usePreferences } from './stores/preferences'
import { useSession } from './stores/session'
import './styles.css'

const app = createApp(App).use(createPinia()).use(i18n)
const session = useSession()
const preferences = usePreferences()

useCredentials({
  accessToken: () => session.accessToken,
  renew: () => session.renew(),
  language: () => preferences.language,
  text: (key) => i18n.global.t(key),
})
const connection = useConnection()
watchRequests(connection)
// Of a page the router tells, and knows its address; anything else that is loaded later belongs to the one that is shown.
window.addEventListener('vite:preloadError', () => {
  if (!connection.isNavigating) void connection.lacks('')
})
watch(
  () => preferences.language,
  (tag) => {
    connection.began()
    // A file may come from the browser's own store: that says nothing of the server.
    void speak(tag)
      .catch(() => undefined)
      .finally(() => connection.ended('cancelled'))
  },
)
const spoken = speak(preferences.language)

const router = createAppRouter()
// A session that ends by itself, or in another tab, leads to the login, and back to where one was.
watch(
  () => session.user,
  (user) => {
    const here = router.currentRoute.value
    if (user === null && here.name !== 'login') {
      void router.push({ name: 'login', query: { next: here.fullPath } })
    }
  },
)
guardTab()
// The first page is decided by who is logged in, and says it in their language.
void Promise.all([spoken, session.restore()]).then(() => app.use(router).mount('#app'))
