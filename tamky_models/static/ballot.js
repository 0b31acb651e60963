// The ballot: a remark is put in without leaving the page, and the keyboard hands in.
(function () {
  "use strict";

  var form = document.querySelector("[data-ballot]");
  if (!form) return;
  var remark = form.elements.remark;

  form.querySelectorAll("[name=stock]").forEach(function (button) {
    button.addEventListener("click", function (event) {
      event.preventDefault();
      var written = remark.value.trim();
      remark.value = written ? written + " " + button.textContent : button.textContent;
      remark.dispatchEvent(new Event("input", { bubbles: true }));
      remark.dispatchEvent(new Event("change", { bubbles: true }));
      remark.focus();
    });
  });

  // Of the remarks those that go with what is chosen.
  function showRemarks() {
    var chosen = form.querySelector("[name=verdict]:checked");
    var shown = 0;
    form.querySelectorAll("[data-verdict]").forEach(function (group) {
      group.hidden = !chosen || group.dataset.verdict !== chosen.value;
      if (!group.hidden) shown += 1;
    });
    form.querySelectorAll(".app-stock").forEach(function (remarks) { remarks.hidden = !shown; });
  }

  form.addEventListener("change", showRemarks);
  showRemarks();

  var shortcut = form.querySelector("[data-shortcut]");
  if (shortcut) shortcut.hidden = false;
  document.addEventListener("keydown", function (event) {
    if (event.target.form && event.target.form !== form) return;
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
    event.preventDefault();
    form.querySelector("[name=action][value=hand_in]").click();
  });
})();
