// After the name of a model is written: what is registered already under a similar name.
(function () {
  "use strict";

  var place = document.querySelector("[data-similar-here]");
  if (!place || !window.fetch || !window.URLSearchParams) return;
  var form = place.closest("form");
  var asked = "";
  var waiting = null;
  var pressed = false;

  // Not under the finger: what the page moves away while it is pressed gets no click.
  function show() {
    if (pressed || waiting === null) return;
    place.innerHTML = waiting;
    waiting = null;
  }

  document.addEventListener("pointerdown", function () { pressed = true; });
  ["pointerup", "pointercancel"].forEach(function (name) {
    document.addEventListener(name, function () {
      pressed = false;
      window.setTimeout(show); // after the click that follows
    });
  });

  function organisation() {
    var chosen = form.querySelector("[name=organisation]:checked, select[name=organisation]");
    return (chosen && chosen.value) || form.dataset.organisation || "";
  }

  form.elements.name.addEventListener("change", function () {
    var query = new URLSearchParams({ name: this.value, organisation: organisation(), model: form.dataset.model || "" }).toString();
    asked = query;
    fetch(form.dataset.similar + "?" + query, { credentials: "same-origin", redirect: "manual" }).then(function (response) {
      return response.ok ? response.text() : "";
    }, function () {
      return "";
    }).then(function (answer) {
      if (asked !== query) return;
      waiting = answer;
      show();
    });
  });
})();
