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
      var label = select && select.labels && select.labels[0];
      var shown = box.querySelector(".select2-selection__rendered");
      if (label) {
        label.id = label.id || select.id + "_label";
        box.setAttribute("aria-labelledby", label.id + (shown && shown.id ? " " + shown.id : ""));
      } else if (select && select.getAttribute("aria-label")) {
        box.removeAttribute("aria-labelledby");
        box.setAttribute("aria-label", select.getAttribute("aria-label"));
      }
      var inner = box.querySelectorAll("[role=textbox], .select2-search__field");
      Array.prototype.forEach.call(inner, function (part) {
        if (label) {
          part.setAttribute("aria-labelledby", label.id);
        }
      });
    });
  }

  function nameAll() {
    nameColumns();
    nameChoices();
  }

  window.addEventListener("load", nameAll);
  document.addEventListener("formset:added", function () {
    window.setTimeout(nameAll);
  });
})();
