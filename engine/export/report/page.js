// What a report does where scripts may run: colours, copying, and each run's trials.

function theme() {
  const button = document.querySelector(".theme");
  const names = ["auto", "light", "dark"];
  let place = 0;
  button.hidden = false;
  button.addEventListener("click", () => {
    place = (place + 1) % names.length;
    if (place) document.documentElement.dataset.theme = names[place];
    else delete document.documentElement.dataset.theme;
    button.textContent = `Colours: ${names[place]}`;
  });
}

function copying() {
  for (const block of document.querySelectorAll(".copied")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      const code = block.querySelector("code");
      try {
        await navigator.clipboard.writeText(code.textContent);
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(code);
        button.textContent = "Selected";
      }
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    });
    block.prepend(button);
  }
}

// paper cannot be opened: what is folded up is printed as well
function printing() {
  const folded = () => [...document.querySelectorAll("details:not([open])")];
  let opened = [];
  window.addEventListener("beforeprint", () => {
    opened = folded().filter((one) => !one.closest(".filter"));
    for (const one of opened) one.open = true;
  });
  window.addEventListener("afterprint", () => {
    for (const one of opened) one.open = false;
    opened = [];
  });
}

function runs() {
  for (const part of document.querySelectorAll(".run")) {
    const held = part.querySelector('script[type="application/json"]');
    if (!held) continue;
    const data = JSON.parse(held.textContent);
    let lines = null;
    const table = new TrialTable(part, data, (rows, some) => lines?.show(rows, some));
    if (data.lines && part.querySelector(".lines svg")) {
      lines = new Lines(part, data, (passes) => table.brush(passes));
    }
  }
}

document.documentElement.classList.add("scripted");
theme();
copying();
printing();
runs();
