/** Addresses of plugins as this page asks for them. */

/** The server names its public address; the page may have been opened under another, and talks to no other origin. */
export function here(address: string): string {
  const place = address.indexOf('/api/')
  return place > 0 ? address.slice(place) : address
}

/** What a plugin and a version of it are called in the server's document; names will do as ids. */
export const PLUGIN = '/api/v1/marketplace/plugins/{plugin_id}'
export const VERSION = `${PLUGIN}/versions/{version}` as const
