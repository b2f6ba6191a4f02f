#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/files/table.hpp"
#include "program/verdict/verdict.hpp"

namespace digon {

/// A part of a report: what was done, the command that does it, figures, tables, and predictions beside
/// measurements.
struct ReportSection {
  std::string title;
  std::string summary;
  std::string command;                         ///< a whole command line
  std::vector<std::filesystem::path> figures;  ///< as of Figure::save, without extension
  std::vector<Table> tables;
  std::vector<Check> checks;
  std::vector<ReportSection> parts = {};  ///< of which each has a heading of its own below this one's
};

struct Report {
  std::string title;
  std::string summary;  ///< under the verdict
  std::vector<ReportSection> sections;
  std::vector<std::string> key_figures =
      {};  ///< titles of sections whose first figure stands at the top, small
};

/// One HTML page that holds all it shows: figures, data, style and script; it needs no network and opens from
/// disk. Throws InputError where a figure cannot be read.
std::string to_html(const Report& report);

/// The figures in a folder, in the order of their names.
std::vector<std::filesystem::path> figures_in(const std::filesystem::path& folder);

}  // namespace digon
