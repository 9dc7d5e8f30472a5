// What the window gives the page; `api.js` alone uses it.
interface Window {
  __TAURI__: any;
}
