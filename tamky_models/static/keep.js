// What is typed into a form is kept: on the server, and in this browser until the server has it.
(function () {
  "use strict";

  var EVERY_MS = 20000;
  var said = document.querySelector("[data-kept]");
  if (!said || !window.fetch || !window.URLSearchParams || !window.FormData) return;
  var form = said.closest("form");
  var told = said.dataset;
  // The copy belongs to one person: it is offered to nobody else who uses this machine.
  var key = "draft:" + told.user + ":" + told.path;
  var offer = document.querySelector("[data-kept-here]");
  var kept = words();
  var sending = false;

  function words() {
    var typed = new URLSearchParams();
    new FormData(form).forEach(function (value, name) {
      if (typeof value === "string") typed.append(name, value);
    });
    return typed.toString();
  }

  // A browser may forbid storage altogether; then the reader is told that only the server keeps.
  function copyHere(typed) {
    try {
      window.localStorage.setItem(key, JSON.stringify({ at: Date.now(), draft: form.elements.draft.value, words: typed }));
      return true;
    } catch (error) {
      return false;
    }
  }

  function copyThere() {
    try {
      return JSON.parse(window.localStorage.getItem(key));
    } catch (error) {
      return null;
    }
  }

  function dropCopy() {
    try {
      window.localStorage.removeItem(key);
    } catch (error) {
      return;
    }
  }

  function keep() {
    var typed = words();
    if (sending || typed === kept) return;
    sending = true;
    var options = { method: "POST", body: new URLSearchParams(typed), redirect: "manual", credentials: "same-origin" };
    fetch(told.url, options).then(function (response) {
      if (!response.ok) throw new Error(String(response.status));
      return response.json();
    }).then(function (answer) {
      kept = typed;
      if (words() === typed) dropCopy();
      said.textContent = told.saved.replace("{time}", answer.time);
    }).catch(function () {
      said.textContent = copyHere(words()) ? told.local : told.lost;
    }).then(function () {
      sending = false;
    });
  }

  // The field itself is never written to while somebody types: UniKey deletes and inserts again.
  var later;
  form.addEventListener("input", function () {
    window.clearTimeout(later);
    later = window.setTimeout(function () { copyHere(words()); }, 400);
  });
  form.addEventListener("change", keep);
  window.addEventListener("online", keep);
  window.setInterval(keep, EVERY_MS);
  window.addEventListener("pagehide", function () {
    if (words() !== kept) copyHere(words());
  });

  // What is still here from before is offered, unless the server has stored it in the meantime.
  var copy = copyThere();
  if (copy && offer) {
    if (copy.draft === form.elements.draft.value && copy.words === words()) return;
    fetch(told.url + copy.draft + "/", { credentials: "same-origin", redirect: "manual" }).then(function (response) {
      return response.ok ? response.json() : null;
    }, function () {
      return null;
    }).then(function (answer) {
      if (answer && (answer.stored || answer.kept >= copy.at)) dropCopy();
      else offer.hidden = false;
    });
    offer.querySelector("[data-kept-take]").addEventListener("click", function () {
      giveBack(new URLSearchParams(copy.words));
      offer.hidden = true;
      keep();
    });
    offer.querySelector("[data-kept-drop]").addEventListener("click", function () {
      dropCopy();
      offer.hidden = true;
    });
  }

  function giveBack(typed) {
    Array.prototype.forEach.call(form.elements, function (field) {
      var values = typed.getAll(field.name);
      if (field.type === "checkbox" || field.type === "radio") field.checked = values.indexOf(field.value) >= 0;
      // With the version it was written on: if others have saved since, both texts are shown.
      else if (field.name === "version" || (field.type !== "hidden" && field.type !== "file")) {
        if (values.length) field.value = values[0];
      }
    });
  }
})();
