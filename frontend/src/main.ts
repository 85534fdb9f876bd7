import { createPinia } from 'pinia'
import { createApp, watch } from 'vue'
import 'element-plus/theme-chalk/base.css'
import 'element-plus/theme-chalk/dark/css-vars.css'
import 'element-plus/theme-chalk/el-message.css'
import 'element-plus/theme-chalk/el-message-box.css'
import 'element-plus/theme-chalk/el-overlay.css'
import App from './App.vue'
import { useCredentials } from './api/client'
import { i18n } from './i18n'
import { guardTab } from './lib/leaving'
import { createAppRouter } from './router'
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
watch(
  () => preferences.language,
  (language) => {
    i18n.global.locale.value = language
  },
  { immediate: true },
)

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
app.use(router).mount('#app')
