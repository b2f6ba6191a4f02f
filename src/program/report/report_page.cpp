#include "program/report/report_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/archive/iterators/base64_from_binary.hpp>
#include <boost/archive/iterators/transform_width.hpp>
#include <charconv>
#include <string_view>

#include "core/base/atomic_file.hpp"
#include "core/base/version.hpp"
#include "core/files/deflate.hpp"

namespace digon {

namespace tables {
// Generated from page.css and page.js.
extern const std::string_view report_style;
extern const std::string_view report_script;
}  // namespace tables

namespace {

/// An SVG larger than this is shown as its PNG: browsers are slow with tens of thousands of shapes.
constexpr std::size_t largest_svg = 600'000;

std::string escaped(std::string_view text) {
  std::string html;
  for (const char c : text) {
    switch (c) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '"':
        html += "&quot;";
        break;
      default:
        html += c;
    }
  }
  return html;
}

std::string base64(const std::string& bytes) {
  using namespace boost::archive::iterators;
  using Digits = base64_from_binary<transform_width<std::string::const_iterator, 6, 8>>;
  std::string text(Digits(bytes.begin()), Digits(bytes.end()));
  text.append((4 - text.size() % 4) % 4, '=');
  return text;
}

/// An image, its attribute, and how wide it is meant to be, in pixels. An SVG is compressed, for the script
/// to show: a tenth of its size.
struct Image {
  std::string attribute;
  int width = 0;
};

Image image_of(const std::filesystem::path& figure) {
  const std::string svg = read_file(figure.string() + ".svg");
  int width = 1000;
  constexpr std::string_view box = "viewBox=\"0 0 ";
  if (const std::size_t at = svg.find(box); at < 1000) {
    std::from_chars(svg.data() + at + box.size(), svg.data() + svg.size(), width);
  }
  if (svg.size() <= largest_svg) return {"data-svg=\"" + base64(deflated(svg)) + "\"", width};
  return {"src=\"data:image/png;base64," + base64(read_file(figure.string() + ".png")) + "\"", width};
}

/// An id of words, for a link.
std::string anchor_of(std::string_view title) {
  std::string anchor;
  for (const char c : title) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (plain) anchor += c;
    if (c >= 'A' && c <= 'Z') anchor += static_cast<char>(c - 'A' + 'a');
    if (!plain && !anchor.empty() && anchor.back() != '-') anchor += '-';
  }
  return "part-" + anchor;
}

std::string figure_id(const std::string& section, const std::filesystem::path& figure) {
  return "figure-" + anchor_of(section + "-" + figure.filename().string());
}

std::string figure_html(const std::filesystem::path& figure, const std::string& title) {
  const std::string caption_file = figure.string() + ".txt";
  const std::string caption = std::filesystem::exists(caption_file) ? read_file(caption_file) : "";
  const std::string points_file = figure.string() + ".points.json";
  const std::string alternative =
      title + (caption.empty() ? "" : ": " + caption.substr(0, caption.find('\n')));
  const Image image = image_of(figure);
  std::string plot = fmt::format("<div class=\"plot\" style=\"max-width:{}px\"", image.width);
  std::string data;
  if (std::filesystem::exists(points_file)) {
    const std::string id = "points-" + anchor_of(title + "-" + figure.filename().string());
    plot += fmt::format(
        " tabindex=\"0\" role=\"group\" aria-label=\"{}; arrow keys step through its points\" "
        "data-points=\"{}\"",
        escaped(figure.filename().string()), id);
    data = fmt::format("<script type=\"text/plain\" id=\"{}\">{}</script>", id,
                       base64(deflated(read_file(points_file))));
  }
  return fmt::format(
      "<figure id=\"{}\">{}><img alt=\"{}\" {}></div>{}<figcaption>{}{}</figcaption></figure>\n",
      figure_id(title, figure), plot, escaped(alternative), image.attribute, data, escaped(caption),
      data.empty() ? "" : "Point at it, or step with the arrow keys, for its numbers.");
}

std::string table_html(const Table& table) {
  std::string html = "<div class=\"table tall\" tabindex=\"0\"><table><thead><tr>";
  for (const std::string& column : table.columns) html += "<th scope=\"col\">" + escaped(column) + "</th>";
  html += "</tr></thead><tbody>\n";
  for (const auto& row : table.rows) {
    html += "<tr>";
    for (std::size_t k = 0; k < row.size(); ++k) {
      html += fmt::format("<td class=\"number\" data-label=\"{}\">{}</td>", escaped(table.columns[k]),
                          escaped(row[k]));
    }
    html += "</tr>\n";
  }
  return html + "</tbody></table></div>\n";
}

std::string verdict_cell(const Check& check) {
  return fmt::format("<span class=\"{}\">{} {}</span>", check.pass() ? "pass" : "fail",
                     check.pass() ? "✓" : "✗", verdict_of(check));
}

/// "paper: elhage2022, §3 · null: the pair instead: 0.03".
std::string source_line(const Check& check) {
  std::string line = std::string(name_of(check.source));
  if (!check.where.empty()) line += ": " + check.where;
  if (!check.outcome.empty()) line += " · published: " + check.published;
  return line + " · null: " + check.null.what + ": " + check.null.measured;
}

std::string row_html(const Check& check) {
  return fmt::format(
      "<tr data-pass=\"{}\"><td class=\"id\" data-label=\"check\">{}</td><td "
      "data-label=\"claim\">{}<br><span "
      "class=\"source\">{}</span></td><td class=\"number\" data-label=\"expected\">{}</td><td "
      "class=\"number\" "
      "data-label=\"measured\">{}</td><td class=\"number\" data-label=\"tolerance\">{}</td><td "
      "data-label=\"verdict\">{}</td></tr>\n",
      check.pass() ? 1 : 0, escaped(check.id), escaped(check.claim), escaped(source_line(check)),
      escaped(check.expected), escaped(check.measured), escaped(check.tolerance), verdict_cell(check));
}

constexpr std::string_view check_columns[]{"check", "claim", "expected", "measured", "tolerance", "verdict"};

std::string header_cells() {
  std::string html;
  for (const std::string_view column : check_columns)
    html += fmt::format("<th scope=\"col\">{}</th>", column);
  return html;
}

std::string passing(const std::vector<Check>& checks) {
  const auto passed =
      std::count_if(checks.begin(), checks.end(), [](const Check& check) { return check.pass(); });
  return fmt::format("{} of {}", passed, checks.size());
}

/// All checks, folded, to be sorted and filtered.
std::string verdict_table(const std::vector<Check>& checks) {
  std::string html = fmt::format(
      "<details id=\"all-checks\"><summary>All {} checks</summary>\n<div class=\"controls\"><label>Filter "
      "<input "
      "type=\"search\" id=\"words\" autocomplete=\"off\"></label><label><input type=\"checkbox\" "
      "id=\"failures\"> "
      "failures only</label><label>Sort by <select id=\"order\">",
      checks.size());
  for (std::size_t k = 0; k < std::size(check_columns); ++k) {
    html += fmt::format(
        "<option value=\"{0} 1\">{1}, ascending</option><option value=\"{0} -1\">{1}, "
        "descending</option>",
        k, check_columns[k]);
  }
  html +=
      "</select></label><span id=\"shown\" role=\"status\"></span></div>\n<div class=\"table tall\" "
      "tabindex=\"0\"><table id=\"verdict\"><thead><tr>";
  for (const std::string_view column : check_columns) {
    html +=
        fmt::format("<th scope=\"col\" aria-sort=\"none\"><button type=\"button\">{}</button></th>", column);
  }
  html += "</tr></thead><tbody>\n";
  for (const Check& check : checks) html += row_html(check);
  return html + "</tbody></table></div>\n</details>\n";
}

/// The failures of one section, and a link to all its checks in the table.
std::string section_checks(const std::string& title, const std::vector<Check>& checks) {
  if (checks.empty()) return "";
  std::string html =
      fmt::format("<p class=\"{}\"><a href=\"#all-checks\" data-words=\"{}/\">{} checks pass</a></p>\n",
                  all_pass(checks) ? "pass" : "fail", escaped(title), passing(checks));
  if (all_pass(checks)) return html;
  html += "<div class=\"table\"><table><thead><tr>" + header_cells() + "</tr></thead><tbody>\n";
  for (const Check& check : checks) {
    if (!check.pass()) html += row_html(check);
  }
  return html + "</tbody></table></div>\n";
}

/// Those of a section and its parts.
std::vector<Check> checks_in(const ReportSection& section) {
  std::vector<Check> checks = section.checks;
  for (const ReportSection& part : section.parts) {
    const std::vector<Check> of_part = checks_in(part);
    checks.insert(checks.end(), of_part.begin(), of_part.end());
  }
  return checks;
}

/// A line a section: its name, and how many of its checks pass.
std::string section_links(const std::string& label, const std::vector<ReportSection>& sections) {
  std::string html;
  for (const ReportSection& section : sections) {
    const std::vector<Check> checks = checks_in(section);
    const bool all = all_pass(checks);
    const std::string verdict = checks.empty()
                                    ? ""
                                    : fmt::format(" <span class=\"{}\">{} {}</span>", all ? "pass" : "fail",
                                                  all ? "✓" : "✗", passing(checks));
    html += fmt::format("<li><a href=\"#{}\">{}</a>{}</li>\n", anchor_of(section.title),
                        escaped(section.title), verdict);
  }
  return fmt::format("<nav aria-label=\"{}\"><ul>\n{}</ul></nav>\n", escaped(label), html);
}

std::string section_html(const ReportSection& section, int level = 2) {
  std::string html =
      fmt::format("<section aria-labelledby=\"{0}\">\n<h{3} id=\"{0}\">{1}</h{3}>\n<p>{2}</p>\n",
                  anchor_of(section.title), escaped(section.title), escaped(section.summary), level);
  if (!section.command.empty()) html += "<pre><code>" + escaped(section.command) + "</code></pre>\n";
  html += section_checks(section.title, section.checks);
  for (const auto& figure : section.figures) html += figure_html(figure, section.title);
  for (const Table& table : section.tables) html += table_html(table);
  if (!section.parts.empty()) html += section_links("Parts of " + section.title, section.parts);
  for (const ReportSection& part : section.parts) html += section_html(part, level + 1);
  return html + "</section>\n";
}

/// The figure that bears the section's name, else its first.
const std::filesystem::path& figure_of(const ReportSection& section) {
  const auto named = std::find_if(section.figures.begin(), section.figures.end(),
                                  [&](const auto& figure) { return figure.filename() == section.title; });
  return named == section.figures.end() ? section.figures.front() : *named;
}

/// The first figures of some sections, small: the script shows what is below, so that it is in the page once.
std::string key_figures_html(const Report& report) {
  std::string html;
  for (const std::string& title : report.key_figures) {
    for (const ReportSection& section : report.sections) {
      if (section.title != title || section.figures.empty()) continue;
      html += fmt::format("<a href=\"#{0}\" data-figure=\"{1}\"><span>{2}</span></a>\n", anchor_of(title),
                          figure_id(title, figure_of(section)), escaped(title));
    }
  }
  return html.empty() ? "" : "<div class=\"keys\">\n" + html + "</div>\n";
}

/// The summary's first line, and what the sources say that is not borne out, as a list.
std::string verdict_line(const std::vector<Check>& checks) {
  const std::string summary = summary_of(checks);
  const std::size_t end = std::min(summary.find('\n'), summary.size());
  const bool all = all_pass(checks);
  std::string html = fmt::format("<p class=\"verdict {}\">{} {}</p>\n", all ? "pass" : "fail",
                                 all ? "✓" : "✗", escaped(summary.substr(0, end)));
  std::string items;
  for (std::size_t begin = end; begin < summary.size();) {
    const std::size_t next = std::min(summary.find('\n', begin + 1), summary.size());
    items += "<li>" + escaped(summary.substr(begin + 1, next - begin - 1)) + "</li>\n";
    begin = next;
  }
  return html + (items.empty() ? ""
                               : "<details class=\"differs\"><summary>Where Digon does not bear the paper "
                                 "out, and what becomes of published numbers</summary><ul>\n" +
                                     items + "</ul></details>\n");
}

}  // namespace

std::string to_html(const Report& report) {
  std::vector<Check> checks;
  std::string sections;
  for (const ReportSection& section : report.sections) {
    const std::vector<Check> own = checks_in(section);
    checks.insert(checks.end(), own.begin(), own.end());
    sections += section_html(section);
  }
  // The policy forbids every request: what the page needs is in it.
  std::string html = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
      "content=\"width=device-width, initial-scale=1\">\n<meta http-equiv=\"Content-Security-Policy\" "
      "content=\"default-src 'none'; img-src data: blob:; style-src 'unsafe-inline'; script-src "
      "'unsafe-inline'\">\n"
      "<link rel=\"icon\" href=\"data:,\">\n<title>{}</title>\n<style>\n{}</style>\n</head>\n<body>\n<a "
      "class=\"skip\" "
      "href=\"#main\">Skip to the content</a>\n<header class=\"top\"><h1>{}</h1><label class=\"theme\">Theme "
      "<select "
      "id=\"theme\"><option>auto</option><option>light</option><option>dark</option></select></label></"
      "header>\n<main "
      "id=\"main\">\n",
      escaped(report.title), tables::report_style, escaped(report.title));
  if (!checks.empty()) html += verdict_line(checks);
  html += key_figures_html(report) + section_links("Parts", report.sections) + "<p>" +
          escaped(report.summary) + "</p>\n" + sections;
  if (!checks.empty()) html += verdict_table(checks);
  return html +
         fmt::format(
             "</main>\n<footer><p class=\"source\">Made by digon {}.</p></footer>\n<script>\n{}</script>\n"
             "</body>\n</html>\n",
             version, tables::report_script);
}

std::vector<std::filesystem::path> figures_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> figures;
  if (!std::filesystem::is_directory(folder)) return figures;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::filesystem::path& file = entry.path();
    if (file.extension() == ".svg") figures.push_back(file.parent_path() / file.stem());
  }
  std::sort(figures.begin(), figures.end());
  return figures;
}

}  // namespace digon
