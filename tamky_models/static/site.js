// Comfort only: every page works without it.
(function () {
  "use strict";

  var LOCK_MS = 15000;

  function lock(form, button) {
    form.setAttribute("data-sent", "");
    if (button) button.setAttribute("aria-disabled", "true");
  }

  function unlock(form) {
    form.removeAttribute("data-sent");
    form.querySelectorAll("[aria-disabled]").forEach(function (button) {
      button.removeAttribute("aria-disabled");
    });
  }

  // A second press while the first is under way does nothing. Buttons stay enabled (a disabled one
  // would not be sent), and a form opens again when the page comes back or the network was lost.
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (event.defaultPrevented || (form.getAttribute("method") || "").toLowerCase() !== "post") return;
    if (form.hasAttribute("data-sent")) {
      event.preventDefault();
      return;
    }
    lock(form, event.submitter);
    window.setTimeout(unlock, LOCK_MS, form);
  });

  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-sent]").forEach(unlock);
  });

  // A text to pass on: one press copies it. Without this the text can be selected.
  document.querySelectorAll("[data-copy]").forEach(function (button) {
    button.hidden = false;
    button.addEventListener("click", function () {
      var text = document.getElementById(button.dataset.copy);
      text.select();
      // Not every office browser has the clipboard, and none without HTTPS.
      var copied = navigator.clipboard ? navigator.clipboard.writeText(text.value) : document.execCommand("copy");
      Promise.resolve(copied).then(function () { button.textContent = button.dataset.copied; });
    });
  });

  // Larger text at once, without another page; kept as the server would keep it.
  document.querySelectorAll("[data-text-size] button").forEach(function (button) {
    button.addEventListener("click", function (event) {
      event.preventDefault();
      var large = document.documentElement.classList.toggle("app-large");
      document.cookie = "text=" + (large ? "large; max-age=31536000" : "; max-age=0") + "; path=/; samesite=lax";
      button.textContent = large ? button.dataset.normal : button.dataset.large;
      button.value = large ? "normal" : "large";
    });
  });

  // Which files are chosen, and which of them cannot be taken, before minutes go into sending them.
  function sayFiles(input, list) {
    var most = {};
    input.dataset.most.split(" ").forEach(function (pair) {
      most[pair.split(":")[0]] = Number(pair.split(":")[1]);
    });
    list.textContent = "";
    Array.prototype.forEach.call(input.files, function (file) {
      var limit = most[file.name.split(".").pop().toLowerCase()];
      var megabytes = file.size / 1048576;
      var wrong = !limit ? input.dataset.unknown : megabytes > limit ? input.dataset.tooLarge : "";
      var line = document.createElement("li");
      line.textContent = file.name + " – " + megabytes.toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 }) + " MB" + (wrong ? " – " + wrong : "");
      if (wrong) line.className = "govuk-error-message";
      list.appendChild(line);
    });
  }

  document.querySelectorAll("input[type=file][data-most]").forEach(function (input) {
    var list = document.createElement("ul");
    list.className = "govuk-list";
    list.setAttribute("aria-live", "polite");
    input.insertAdjacentElement("afterend", list);
    input.addEventListener("change", function () { sayFiles(input, list); });
  });

  // Whoever cannot see the page hears first what went wrong.
  var summary = document.querySelector(".govuk-error-summary");
  if (summary) {
    summary.setAttribute("tabindex", "-1");
    summary.focus();
  }
})();
