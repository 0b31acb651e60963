/* Names for what Django's administration leaves nameless to a screen reader: fields that have
   only the head of their column, and the boxes in which one chooses by typing. */
(function () {
  "use strict";

  function nameColumns() {
    var fields = document.querySelectorAll(".tabular td input, .tabular td select, .tabular td textarea");
    Array.prototype.forEach.call(fields, function (field) {
      var cell = field.closest("td");
      var head = cell.closest("table").querySelectorAll("thead th")[cell.cellIndex];
      if (head && field.type !== "hidden" && !field.labels.length && !field.hasAttribute("aria-label")) {
        field.setAttribute("aria-label", head.textContent.trim());
      }
    });
  }

  function nameChoices() {
    var boxes = document.querySelectorAll(".select2-selection");
    Array.prototype.forEach.call(boxes, function (box) {
      var select = box.closest(".select2").previousElementSibling;
      var label = select && (select.labels[0] || select);
      if (!label) {
        return;
      }
      label.id = label.id || select.id + "_label";
      var shown = box.querySelector("[role=textbox]");
      var parts = box.querySelectorAll("[role=textbox], .select2-search__field");
      Array.prototype.forEach.call(parts, function (part) {
        part.setAttribute("aria-labelledby", label.id);
      });
      box.setAttribute("aria-labelledby", label.id + (shown ? " " + shown.id : ""));
    });
  }

  function nameAll() {
    nameColumns();
    nameChoices();
  }

  // Django makes its boxes when jQuery says that the page is ready: at times after it has loaded.
  if (window.django && window.django.jQuery) {
    window.django.jQuery(nameAll);
  } else {
    nameAll();
  }
  document.addEventListener("formset:added", function () {
    window.setTimeout(nameAll);
  });
})();
