#include "program/study/study.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "core/base/input_error.hpp"
#include "core/base/named_choice.hpp"
#include "core/base/nearest_name.hpp"
#include "program/study/toml_file.hpp"

namespace digon {
namespace {

constexpr double most_cells = 1e6;

constexpr NamedChoices<Compute, 6> compute_names{{{Compute::train, "train"},
                                                  {Compute::optimum, "optimum"},
                                                  {Compute::gap, "gap"},
                                                  {Compute::decomposition, "decomposition"},
                                                  {Compute::geometry, "geometry"},
                                                  {Compute::snapshots, "snapshots"}}};

constexpr NamedChoices<FigureKind, 5> figure_names{{{FigureKind::lines, "lines"},
                                                    {FigureKind::heat_map, "heat-map"},
                                                    {FigureKind::phase_map, "phase-map"},
                                                    {FigureKind::dimensionality, "dimensionality"},
                                                    {FigureKind::snapshots, "snapshots"}}};

constexpr NamedChoices<AxisScale, 2> scale_names{
    {{AxisScale::linear, "linear"}, {AxisScale::logarithmic, "log"}}};

/// Refusals of one file, by line.
class StudyReader {
 public:
  StudyReader(TomlFile file, const CellVocabulary& vocabulary)
      : file_(std::move(file)), vocabulary_(vocabulary) {}

  Study read(const std::vector<StudyAxis>& changes) {
    study_.file = file_.name;
    study_.id = std::filesystem::path(file_.name).stem().string();
    study_.title = study_.id;
    for (const TomlEntry& entry : file_.entries) read_entry(entry);
    for (const TomlTable& table : file_.tables) read_table(table);
    for (const StudyAxis& change : changes) apply(change);
    require_whole();
    return std::move(study_);
  }

 private:
  [[noreturn]] void refuse(std::size_t line, const std::string& what) const {
    reject_line(file_.name, line, what);
  }

  /// What throws an InputError is refused by its line.
  template <typename Read>
  auto at(std::size_t line, Read read) const {
    try {
      return read();
    } catch (const InputError& error) {
      refuse(line, error.what());
    }
  }

  [[noreturn]] void refuse_key(std::size_t line, const std::string& key, const std::string& where,
                               const std::vector<std::string>& accepted) const {
    const std::string meant = nearest_name(key, accepted);
    refuse(line, fmt::format("'{}' is not known {}{}; accepted: {}", key, where,
                             meant.empty() ? "" : fmt::format(", did you mean {}?", meant),
                             fmt::join(accepted, ", ")));
  }

  /// The only word of an entry.
  [[nodiscard]] std::string word(const TomlEntry& entry) const {
    if (entry.value.is_list) {
      refuse(entry.value.line, fmt::format("{}: a list given; accepted: one text", entry.key));
    }
    return entry.value.texts.front();
  }

  void read_entry(const TomlEntry& entry) {
    if (entry.key == "title") {
      study_.title = word(entry);
    } else if (entry.key == "compute") {
      compute_line_ = entry.value.line;
      for (const std::string& text : entry.value.texts) {
        study_.compute.insert(at(entry.value.line, [&] {
          return parse_choice(compute_names, "compute", "what is computed", text);
        }));
      }
    } else {
      refuse_key(entry.value.line, entry.key, "here",
                 {"title", "compute", "[cell]", "[axes]", "[[case]]", "[[figure]]"});
    }
  }

  void read_table(const TomlTable& table) {
    if (table.name == "cell" && !table.is_one_of_several) {
      study_.shared = read_options(table);
    } else if (table.name == "axes" && !table.is_one_of_several) {
      read_axes(table);
    } else if (table.name == "case" && table.is_one_of_several) {
      read_case(table);
    } else if (table.name == "figure" && table.is_one_of_several) {
      study_.figures.push_back(read_figure(table));
    } else {
      refuse(table.line,
             fmt::format("table '{}' given; accepted: [cell], [axes], [[case]], [[figure]]", table.name));
    }
  }

  [[nodiscard]] std::string option_of(const TomlEntry& entry) const {
    if (const auto option = vocabulary_.option_of(entry.key)) return *option;
    refuse_key(entry.value.line, entry.key, "of a cell", vocabulary_.names);
  }

  [[nodiscard]] CellOptions read_options(const TomlTable& table) const {
    CellOptions options;
    for (const TomlEntry& entry : table.entries) {
      if (table.name == "case" && entry.key == "name") continue;
      add(options, {option_of(entry), entry.value.texts, entry.value.line});
    }
    return options;
  }

  void add(CellOptions& options, CellOption option) const {
    if (option.texts.empty()) refuse(option.line, fmt::format("{}: an empty list given", option.name));
    for (const CellOption& other : options) {
      if (other.name == option.name) {
        refuse(option.line,
               fmt::format("{} given already in line {}; accepted: once", option.name, other.line));
      }
    }
    options.push_back(std::move(option));
  }

  void read_axes(const TomlTable& table) {
    for (const TomlEntry& entry : table.entries) {
      const std::string option = option_of(entry);
      StudyAxis axis = at(entry.value.line, [&] { return parse_axis(entry.key, option, entry.value.texts); });
      axis.line = entry.value.line;
      if (const StudyAxis* other = study_.find_axis(axis.option)) {
        refuse(axis.line, fmt::format("{} is an axis already in line {}", axis.option, other->line));
      }
      study_.axes.push_back(std::move(axis));
    }
  }

  void read_case(const TomlTable& table) {
    std::string name;
    for (const TomlEntry& entry : table.entries) {
      if (entry.key == "name") name = word(entry);
    }
    if (name.empty()) refuse(table.line, "a [[case]] without a name; accepted: name = \"…\"");
    if (std::find(case_names_.begin(), case_names_.end(), name) != case_names_.end()) {
      refuse(table.line, fmt::format("a case '{}' given twice; accepted: names that differ", name));
    }
    if (case_names_.empty()) first_case_line_ = table.line;
    case_names_.push_back(name);
    study_.cases.push_back(read_options(table));
  }

  StudyFigure read_figure(const TomlTable& table) const {
    StudyFigure figure;
    figure.line = table.line;
    std::optional<std::string> kind;
    for (const TomlEntry& entry : table.entries) {
      if (entry.key == "kind") kind = word(entry);
    }
    if (!kind)
      refuse(table.line, fmt::format("a [[figure]] without a kind; accepted: {}", list_names(figure_names)));
    figure.kind = at(table.line, [&] { return parse_choice(figure_names, "kind", "a figure", *kind); });
    figure.name = fmt::format("figure-{}", study_.figures.size() + 1);
    for (const TomlEntry& entry : table.entries) read_figure_entry(entry, *kind, figure);
    return figure;
  }

  void read_figure_entry(const TomlEntry& entry, const std::string& kind, StudyFigure& figure) const {
    const bool is_lines = figure.kind == FigureKind::lines;
    const bool is_heat = figure.kind == FigureKind::heat_map;
    const bool is_map = is_heat || figure.kind == FigureKind::phase_map;
    const bool is_of_snapshots = figure.kind == FigureKind::snapshots;
    std::vector<std::string> accepted{"kind", "name", "title"};
    if (!is_of_snapshots) accepted.emplace_back("x");
    if (is_lines || is_map) accepted.emplace_back("y");
    if (is_heat) accepted.emplace_back("value");
    if (is_lines || is_heat || is_of_snapshots) accepted.emplace_back("by");
    if (is_lines) accepted.emplace_back("y-scale");
    if (figure.kind == FigureKind::phase_map || figure.kind == FigureKind::dimensionality) {
      accepted.emplace_back("of");
    }
    const std::string& key = entry.key;
    if (std::find(accepted.begin(), accepted.end(), key) == accepted.end()) {
      refuse_key(entry.value.line, key, "of a figure of kind " + kind, accepted);
    }
    if (key == "name") {
      figure.name = word(entry);
      const auto is_plain = [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_';
      };
      if (figure.name.empty() || !std::all_of(figure.name.begin(), figure.name.end(), is_plain)) {
        refuse(entry.value.line,
               fmt::format("name: '{}' given; accepted: letters, digits, - and _", figure.name));
      }
    } else if (key == "title") {
      figure.title = word(entry);
    } else if (key == "x") {
      figure.x = axis_named(entry, word(entry));
    } else if (key == "by") {
      figure.by = axis_named(entry, word(entry));
    } else if (key == "value") {
      figure.value = word(entry);
    } else if (key == "of") {
      figure.of = word(entry);
    } else if (key == "y-scale") {
      figure.y_scale =
          at(entry.value.line, [&] { return parse_choice(scale_names, "y-scale", "a scale", word(entry)); });
    } else if (key == "y") {
      figure.y = entry.value.texts;
      if (!is_lines) figure.y = {axis_named(entry, word(entry))};
      if (figure.y.empty()) refuse(entry.value.line, "y: an empty list given; accepted: quantities");
    }
  }

  /// The option an axis of a figure is; whether there is such an axis is known at the end alone.
  [[nodiscard]] std::string axis_named(const TomlEntry& entry, const std::string& name) const {
    if (name == case_axis) return name;
    if (const auto option = vocabulary_.option_of(name)) return *option;
    refuse_key(entry.value.line, name, "of a cell", vocabulary_.names);
  }

  void apply(const StudyAxis& change) {
    const std::string& option = change.option;
    const auto is_it = [&](const auto& one) { return one.option == option; };
    const auto is_named = [&](const CellOption& one) { return one.name == option; };
    for (const CellOptions& options : study_.cases) {
      if (std::any_of(options.begin(), options.end(), is_named)) {
        reject("--set: {} is told apart by the cases; accepted: another option", option);
      }
    }
    const auto axis = std::find_if(study_.axes.begin(), study_.axes.end(), is_it);
    if (axis != study_.axes.end()) {
      *axis = change;
      return;
    }
    std::erase_if(study_.shared, is_named);
    if (change.size() > 1) {
      study_.axes.push_back(change);
    } else {
      study_.shared.push_back({option, change.texts});
    }
  }

  // What can be said when all is read.

  void require_whole() {
    if (!case_names_.empty()) {
      StudyAxis axis = parse_axis(case_axis, case_axis, case_names_);
      axis.is_numeric = false;
      axis.line = first_case_line_;
      for (std::size_t k = 0; k < axis.size(); ++k) axis.values[k] = double(k);
      study_.axes.insert(study_.axes.begin(), std::move(axis));
    }
    require_options_apart();
    double cells = 1.0;
    for (const StudyAxis& axis : study_.axes) cells *= double(axis.size());
    if (cells > most_cells) refuse(1, fmt::format("{} cells; accepted: at most {}", cells, most_cells));
    require_computed();
    for (StudyFigure& figure : study_.figures) require_drawn(figure);
    for (std::size_t k = 0; k < study_.figures.size(); ++k) {
      for (std::size_t other = 0; other < k; ++other) {
        if (study_.figures[k].name == study_.figures[other].name) {
          refuse(study_.figures[k].line, fmt::format("two figures are '{}'", study_.figures[k].name));
        }
      }
    }
  }

  /// An axis would hide what [cell] or a case says of its option.
  void require_options_apart() const {
    const auto require = [&](const CellOptions& options) {
      for (const CellOption& option : options) {
        if (const StudyAxis* axis = study_.find_axis(option.name)) {
          refuse(option.line,
                 fmt::format("{} is an axis in line {}; accepted: either", option.name, axis->line));
        }
      }
    };
    require(study_.shared);
    for (const CellOptions& options : study_.cases) require(options);
  }

  void require_computed() {
    if (study_.computes(Compute::gap)) study_.compute.insert({Compute::train, Compute::optimum});
    const std::size_t line = std::max<std::size_t>(compute_line_, 1);
    const bool trains = study_.computes(Compute::train);
    if (!trains && !study_.computes(Compute::optimum)) {
      refuse(line, fmt::format("compute: neither train nor optimum given; accepted: {}",
                               list_names(compute_names)));
    }
    if (study_.computes(Compute::snapshots) && !trains) {
      refuse(line, "compute: snapshots are of trained models; accepted with train or gap");
    }
  }

  const StudyAxis& require_axis(const StudyFigure& figure, const std::string& what,
                                const std::string& option) const {
    std::vector<std::string> names;
    for (const StudyAxis& axis : study_.axes) names.push_back(axis.option);
    if (option.empty()) {
      refuse(figure.line, fmt::format("the figure has no {}; accepted: {}", what, fmt::join(names, ", ")));
    }
    const StudyAxis* axis = study_.find_axis(option);
    if (axis == nullptr) {
      refuse(figure.line, fmt::format("{}: {} is no axis of this study; accepted: {}", what, option,
                                      fmt::join(names, ", ")));
    }
    if (what != "by" && (!axis->is_numeric || axis->size() < 2)) {
      refuse(figure.line, fmt::format("{}: {} is an axis of {}; accepted: one of at least two numbers", what,
                                      option, axis->is_numeric ? "one value" : "names"));
    }
    return *axis;
  }

  void require_quantity(const StudyFigure& figure, const std::string& what, const std::string& name) const {
    const std::vector<std::string> known = quantities_of(study_);
    if (std::find(known.begin(), known.end(), name) != known.end()) return;
    refuse(figure.line,
           fmt::format("{}: '{}' is not computed; accepted: {}", what, name, fmt::join(known, ", ")));
  }

  void require_drawn(StudyFigure& figure) const {
    if (figure.kind != FigureKind::snapshots) require_axis(figure, "x", figure.x);
    if (figure.kind == FigureKind::snapshots && !study_.computes(Compute::snapshots)) {
      refuse(figure.line, "the figure needs snapshots; accepted: compute = [\"train\", \"snapshots\", …]");
    }
    if (!figure.by.empty()) require_axis(figure, "by", figure.by);
    const bool is_map = figure.kind == FigureKind::heat_map || figure.kind == FigureKind::phase_map;
    if (is_map) {
      require_axis(figure, "y", figure.y.empty() ? "" : figure.y.front());
      if (figure.x == figure.y.front()) refuse(figure.line, fmt::format("x and y are both {}", figure.x));
    }
    if (!figure.by.empty() && (figure.by == figure.x || (is_map && figure.by == figure.y.front()))) {
      refuse(figure.line, fmt::format("by: {} is an axis of the figure already", figure.by));
    }
    if (figure.kind == FigureKind::lines) {
      if (figure.y.empty()) figure.y = {""};
      for (const std::string& quantity : figure.y) require_quantity(figure, "y", quantity);
    }
    if (figure.kind == FigureKind::heat_map) require_quantity(figure, "value", figure.value);
    if (figure.kind == FigureKind::phase_map || figure.kind == FigureKind::dimensionality)
      require_source(figure);
    require_no_other_axis(figure);
  }

  void require_source(StudyFigure& figure) const {
    std::vector<std::string> sources;
    if (study_.computes(Compute::optimum)) sources.emplace_back(source_optimum);
    if (study_.computes(Compute::train)) sources.emplace_back(source_trained);
    if (figure.of.empty()) figure.of = sources.front();
    if (std::find(sources.begin(), sources.end(), figure.of) == sources.end()) {
      refuse(figure.line, fmt::format("of: '{}' given; accepted: {}", figure.of, fmt::join(sources, ", ")));
    }
    if (!study_.computes(Compute::geometry)) {
      refuse(figure.line, "the figure needs the geometry; accepted: compute = [\"geometry\", …]");
    }
  }

  /// Cells that differ in more than the figure shows are not to be put together, but for repetitions on lines
  /// and dots.
  void require_no_other_axis(const StudyFigure& figure) const {
    const bool has_lines = figure.kind == FigureKind::lines;
    const bool has_by =
        has_lines || figure.kind == FigureKind::heat_map || figure.kind == FigureKind::snapshots;
    const bool takes_seeds = has_lines || figure.kind == FigureKind::dimensionality;
    for (const StudyAxis& axis : study_.axes) {
      const bool is_y = !has_lines && !figure.y.empty() && axis.option == figure.y.front();
      if (axis.size() == 1 || axis.option == figure.x || axis.option == figure.by || is_y) continue;
      if (takes_seeds && axis.option == "seed") continue;
      refuse(figure.line, fmt::format("the axis {} is in no part of the figure; accepted: {}of one value",
                                      axis.option, has_by ? "as by, or " : ""));
    }
  }

  TomlFile file_;
  const CellVocabulary& vocabulary_;
  Study study_;
  std::vector<std::string> case_names_;
  std::size_t first_case_line_ = 0;
  std::size_t compute_line_ = 0;
};

/// The option that the message of an InputError begins with, without dashes.
std::string named_in(const std::string& message) {
  const std::size_t begin = message.find_first_not_of('-');
  const std::size_t end = message.find_first_of(": ", begin);
  return begin == std::string::npos ? "" : message.substr(begin, end - begin);
}

/// The line of what a cell refuses: of the option that the refusal names, else of the last that is given.
std::size_t line_of(const CellOptions& options, const std::string& message) {
  const std::string name = named_in(message);
  std::size_t last = 1;
  for (const CellOption& option : options) {
    if (option.name == name) return option.line;
    last = std::max(last, option.line);
  }
  return last;
}

}  // namespace

std::size_t Study::cells() const {
  std::size_t count = 1;
  for (const StudyAxis& axis : axes) count *= axis.size();
  return count;
}

const StudyAxis* Study::find_axis(std::string_view option) const {
  for (const StudyAxis& axis : axes) {
    if (axis.option == option) return &axis;
  }
  return nullptr;
}

Study parse_study(std::string_view text, const std::string& file, const CellVocabulary& vocabulary,
                  const std::vector<StudyAxis>& changes) {
  return StudyReader(parse_toml(text, file), vocabulary).read(changes);
}

std::vector<std::size_t> indices_of(const Study& study, std::size_t cell) {
  std::vector<std::size_t> indices(study.axes.size());
  for (std::size_t a = study.axes.size(); a-- > 0;) {
    indices[a] = cell % study.axes[a].size();
    cell /= study.axes[a].size();
  }
  return indices;
}

CellOptions options_of(const Study& study, std::size_t cell) {
  const std::vector<std::size_t> indices = indices_of(study, cell);
  CellOptions options = study.shared;
  const auto put = [&](const CellOption& option) {
    for (CellOption& other : options) {
      if (other.name == option.name) {
        other = option;
        return;
      }
    }
    options.push_back(option);
  };
  for (std::size_t a = 0; a < study.axes.size(); ++a) {
    const StudyAxis& axis = study.axes[a];
    if (axis.option == case_axis) {
      for (const CellOption& option : study.cases[indices[a]]) put(option);
    } else {
      put({axis.option, {axis.texts[indices[a]]}, axis.line});
    }
  }
  return options;
}

std::vector<StudyCell> read_cells(const Study& study, const CellVocabulary& vocabulary) {
  std::vector<StudyCell> cells;
  for (std::size_t k = 0; k < study.cells(); ++k) {
    const CellOptions options = options_of(study, k);
    try {
      cells.push_back(vocabulary.read(options));
    } catch (const InputError& error) {
      const std::string message = error.what();
      if (study.file.empty()) throw;
      reject_line(study.file, line_of(options, message), message.substr(message.find_first_not_of('-')));
    }
  }
  return cells;
}

nlohmann::json identity_of(const Study& study) {
  const auto to_object = [](const CellOptions& options) {
    nlohmann::json object = nlohmann::json::object();
    for (const CellOption& option : options) object[option.name] = option.texts;
    return object;
  };
  nlohmann::json identity{{"study", study.id},
                          {"cell", to_object(study.shared)},
                          {"axes", nlohmann::json::array()},
                          {"cases", nlohmann::json::array()},
                          {"compute", nlohmann::json::array()}};
  for (const StudyAxis& axis : study.axes) identity["axes"].push_back({axis.option, axis.texts});
  for (const CellOptions& options : study.cases) identity["cases"].push_back(to_object(options));
  for (const Compute what : study.compute) identity["compute"].push_back(int(what));
  return identity;
}

std::string feature_named_by(std::string_view option) {
  constexpr std::string_view of = "-of-";
  const std::size_t at = option.find(of);
  return at == std::string_view::npos ? "" : std::string(option.substr(at + of.size()));
}

bool names_a_feature(const std::vector<StudyAxis>& axes) {
  return std::any_of(axes.begin(), axes.end(),
                     [](const StudyAxis& axis) { return !feature_named_by(axis.option).empty(); });
}

std::optional<Eigen::Index> swept_feature(const std::vector<StudyAxis>& axes, Eigen::Index features) {
  std::optional<Eigen::Index> swept;
  for (const StudyAxis& axis : axes) {
    const std::string name = feature_named_by(axis.option);
    if (name.empty()) continue;
    Eigen::Index feature = features - 1;
    if (name != "last") std::from_chars(name.data(), name.data() + name.size(), feature);
    if (swept && *swept != feature) return std::nullopt;
    swept = feature;
  }
  return swept;
}

std::vector<std::string> quantities_of(const Study& study) {
  std::vector<std::string> names;
  const auto add_of = [&](const std::string& source) {
    names.push_back(source + "_loss");
    names.push_back(source + "_share_of_zero");
    if (study.computes(Compute::geometry)) {
      for (const char* one : {"_represented", "_dimensions_per_feature", "_capacity", "_coherence"}) {
        names.push_back(source + one);
      }
      if (names_a_feature(study.axes)) names.push_back(source + "_swept_norm");
    }
    if (study.computes(Compute::decomposition)) {
      names.push_back(source + "_reconstruction");
      names.push_back(source + "_interference");
    }
  };
  if (study.computes(Compute::train)) {
    add_of(source_trained);
    names.emplace_back("trained_worst_start");
  }
  if (study.computes(Compute::optimum)) add_of(source_optimum);
  if (study.computes(Compute::gap)) {
    names.emplace_back("gap");
    names.emplace_back("relative_gap");
    names.emplace_back("gap_share_of_zero");
  }
  return names;
}

}  // namespace digon
