// After the name of a model is written: what is registered already under a similar name.
(function () {
  "use strict";

  var place = document.querySelector("[data-similar-here]");
  if (!place || !window.fetch || !window.URLSearchParams) return;
  var form = place.closest("form");
  var asked = "";

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
    }).then(function (part) {
      if (asked === query) place.innerHTML = part;
    });
  });
})();
