// Empties the list, and shows new messages as they come.
const list = document.querySelector("[data-newest]");
const clear = document.querySelector("[data-clear]");
const mails = new URL(document.body.dataset.base + "mails", location.href);

clear?.addEventListener("click", async () => {
  await fetch(mails, { method: "DELETE" });
  location.reload();
});

if (list) {
  setInterval(async () => {
    if (document.hidden) return;
    const messages = await fetch(mails).then((answer) => answer.json()).catch(() => null);
    if (messages && String(messages[0]?.id ?? 0) !== list.dataset.newest) location.reload();
  }, 2000);
}
