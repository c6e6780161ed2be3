// Conveniences over a page that is complete without them: find, fold, follow links into folded parts.
const every = (selector) => [...document.querySelectorAll(selector)];

for (const part of every(".scripted")) part.hidden = false;

function find(input, outer, inner) {
  input?.addEventListener("input", () => {
    const wanted = input.value.trim().toLowerCase();
    for (const part of every(outer)) {
      const whole = part.querySelector("summary").textContent.toLowerCase().includes(wanted);
      let any = whole;
      for (const item of part.querySelectorAll(inner)) {
        const shown = whole || item.textContent.toLowerCase().includes(wanted);
        item.hidden = !shown;
        any ||= shown;
      }
      part.hidden = !any;
      if (wanted && any && !whole) part.open = true;
    }
  });
}
find(document.getElementById("find-finding"), ".rule", ":scope > ul > li");
find(document.getElementById("find-table"), ".tables > details", "tbody > tr");

const set = (open) => every(".tables > details").forEach((part) => (part.open = open));
document.getElementById("unfold")?.addEventListener("click", () => set(true));
document.getElementById("fold")?.addEventListener("click", () => set(false));

function reveal() {
  const part = document.getElementById(location.hash.slice(1));
  if (part instanceof HTMLDetailsElement) part.open = true;
}
addEventListener("hashchange", reveal);
reveal();

addEventListener("beforeprint", () => every("details").forEach((part) => (part.open = true)));
