// The theme switch, and what of the header is about who is logged in. Pages are whole without it.
const root = document.documentElement;
// The same name as the administration has for it: one choice counts for both.
const STORED = "microdock.theme";
// The switch has its place before anything is painted: shown later, it would move what stands beside it.
root.dataset.script = "";
const stored = () => {
  try {
    return localStorage.getItem(STORED);
  } catch {
    return null;
  }
};
const theme = stored();
if (theme === "dark" || theme === "light") root.dataset.theme = theme;

// Where a part of the header stands that only a script shows.
const placeOf = (name) =>
  document.querySelector(`template[data-part="${name}"]`);

const beginTheme = () => {
  const place = placeOf("switch");
  if (!place) return;
  // Text browsers print that a button is there, also in a template.
  const button = document.createElement("button");
  button.type = "button";
  button.className = "plain";
  button.dataset.switchTheme = "";
  button.title = place.dataset.label;
  button.setAttribute("aria-label", button.title);
  button.append(place.content.cloneNode(true));
  place.after(button);
  button.addEventListener("click", () => {
    const dark = root.dataset.theme
      ? root.dataset.theme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    try {
      localStorage.setItem(STORED, root.dataset.theme);
    } catch {
      // It lasts as long as the page.
    }
  });
};

// An account that may only rate has no page among the administration's.
const mayManage = (user) =>
  (user.permissions ?? []).some((held) => !held.startsWith("rating."));

// The cookie that holds a login is read by the server alone; this one, which holds no secret, says that there is one.
const isLoggedIn = () =>
  document.cookie.split("; ").includes("microdock_login=1");

const session = async () => {
  try {
    const answer = await fetch("/api/v1/auth/session", { cache: "no-store" });
    return answer.ok ? (await answer.json()).data : null;
  } catch {
    return null;
  }
};

// The header's part about the visitor is in the page as an empty template: the page is the same for everybody. Later the
// studio adds its link there, and the bell opens the notifications.
const beginVisitor = async () => {
  const place = placeOf("visitor");
  if (!place || !isLoggedIn()) return;
  const found = await session();
  if (!found?.user) return;
  const slot = place.content.firstElementChild.cloneNode(true);
  slot.querySelector("[data-visitor-name]").textContent = found.user.username;
  const admin = slot.querySelector("[data-visitor-admin]");
  admin.textContent = admin.getAttribute("aria-label");
  admin.hidden = !mayManage(found.user);
  place.after(slot);
  if (!found.unread_count) return;
  const bell = slot.querySelector("[data-visitor-unread]");
  bell.lastElementChild.textContent = found.unread_count;
  bell.title = bell.dataset.visitorUnread.replace("{count}", found.unread_count);
  bell.setAttribute("aria-label", bell.title);
  bell.hidden = false;
};

const begin = () => {
  beginTheme();
  beginVisitor();
};
if (document.readyState === "loading")
  document.addEventListener("DOMContentLoaded", begin);
else begin();
