#pragma once

#include <any>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/files/table.hpp"
#include "program/verdict/predictions.hpp"
#include "program/verdict/verdict.hpp"
#include "sweep/kinds/optimum_cell.hpp"
#include "sweep/kinds/training_cell.hpp"
#include "sweep/run_store.hpp"

// An experiment as data. A file of this folder declares one: what varies, the cell trained at each point of
// it, what is found besides, and what is written, drawn and claimed of it. The driver does the rest.

namespace digon {

/// How much work an experiment does: enough to see it, or the paper's.
enum class Preset { quick, paper };

/// "quick" or "paper".
std::string_view name_of(Preset preset);

/// The preset of that name; throws InputError that lists the names.
Preset parse_preset(std::string_view option, std::string_view text);

/// The parts of a verification: what is known without training, known packings, trained models, what others
/// published of the same models.
enum class Suite { theory, packing, empirical, published };

/// What varies in an experiment: a value a step, in order.
struct Axis {
  std::string name;  ///< as captions have it
  std::vector<double> quick;
  std::vector<double> paper = quick;
  std::vector<std::string> names = {};  ///< of the values, where they are more than numbers
  std::string option = {};  ///< by which --set changes it; empty: the experiment needs the values it has

  [[nodiscard]] const std::vector<double>& values(Preset preset) const {
    return preset == Preset::quick ? quick : paper;
  }
};

/// The same axis, which --set changes by the name of an option.
Axis settable_axis(std::string option, Axis axis);

/// An axis of things that have names; their values count from 0.
Axis named_axis(std::string name, std::vector<std::string> names);

/// Starts as an axis, counted from 0: each is a cell of its own, whose seed comes from the run's seed and the
/// cell's number. Without it a cell keeps the best of its own starts and all cells have the run's seed.
Axis start_axis(std::size_t quick, std::size_t paper);

/// base^e for `count` exponents e, evenly spaced from `from` to `to`.
std::vector<double> powers(double base, double from, double to, std::size_t count);

/// A point of the axes; the last axis varies fastest.
struct Setting {
  Preset preset = Preset::quick;
  std::size_t number = 0;               ///< counted from 0
  std::vector<double> at = {};          ///< its value on each axis
  std::vector<std::string> names = {};  ///< of those values

  template <typename Value>
  [[nodiscard]] Value choose(Value quick, Value paper) const {
    return preset == Preset::quick ? quick : paper;
  }
};

/// What a run of an experiment gets to know.
struct ExperimentContext {
  std::filesystem::path out;  ///< all results; those of an experiment are in its folder there
  Preset preset = Preset::quick;
  std::uint64_t seed = 0;
  std::size_t threads = 0;  ///< 0: one a core; no result depends on it
  RunStore& store;

  template <typename Value>
  [[nodiscard]] Value choose(Value quick, Value paper) const {
    return preset == Preset::quick ? quick : paper;
  }
};

/// A point of the axes with what was trained and found there.
struct Point {
  Setting setting;
  TrainingCell cell;
  TrainedCell trained;
  std::optional<Descent> optimum = {};  ///< where the experiment asks for optima

  [[nodiscard]] double x() const { return setting.at.front(); }
  [[nodiscard]] const Eigen::MatrixXd& W() const { return trained.best.W; }
  [[nodiscard]] double density() const { return trained.features.density[0]; }  ///< of feature 0
  /// How far the trained loss is above the optimum, in units of the loss of answering 0: an optimum may be 0
  /// itself.
  [[nodiscard]] double excess() const;
  /// The same of answering 0.
  [[nodiscard]] double excess_of_zero() const;
};

/// All that was trained and found.
struct Results {
  const ExperimentContext& context;
  std::string id;                  ///< of the experiment
  std::vector<Point> points = {};  ///< in the order of their settings
  std::any found = {};             ///< what Experiment::find returned

  [[nodiscard]] std::filesystem::path folder() const { return context.out / id; }

  template <typename Found>
  [[nodiscard]] const Found& found_as() const {
    return std::any_cast<const Found&>(found);
  }
  /// "n = 5, m = 2" with italic letters, for titles.
  [[nodiscard]] std::string size() const;
};

/// A table of results, as NAME.csv.
struct TableFile {
  std::string name;
  std::function<Table(const Results&)> make;
};

/// A column of a table with a row a point.
struct Column {
  std::string name;
  std::function<std::string(const Point&)> text;
};
std::function<Table(const Results&)> a_row_a_point(std::vector<Column> columns);

/// A figure, as NAME.svg, .png and .gp, and what it shows, as NAME.txt.
struct FigureFile {
  std::string name;
  std::string shows;  ///< in a sentence without numbers: the settings come after it
  std::function<void(const std::filesystem::path&, const Results&)> draw;
  std::function<std::string(const Results&)> facts = {};  ///< a further sentence, of what was measured
};

/// A number of starts.
struct Starts {
  std::size_t quick = 0;
  std::size_t paper = 0;

  [[nodiscard]] std::size_t of(Preset preset) const { return preset == Preset::quick ? quick : paper; }
};

using Measurement = std::function<Measured(const Results&)>;

/// The prediction ID/NAME of paper_refs/predictions.json, how it is measured, and how its null is: the same
/// of a deliberately wrong input, which must not pass.
struct Measure {
  std::string name;
  Measurement value;
  Measurement null;
};

/// An experiment of the paper (elhage2022), or what is verified without training.
struct Experiment {
  Suite suite = Suite::empirical;
  std::string id;
  std::string summary;
  std::vector<Axis> axes = {};
  /// The models trained at a point; nothing: the experiment trains none, and `checks` judges its predictions.
  std::function<TrainingCell(const Setting&)> cell = {};
  /// Random starts of the search for the optimum of every point's law, besides the descent from the trained
  /// model (of models with a ReLU in the hidden layer, descents); nothing: there is none.
  std::optional<Starts> optimum_starts = {};
  /// What else is computed, once, of the trained models: tables, figures and measures read it by found_as.
  std::function<std::any(const Results&)> find = {};
  std::vector<TableFile> tables = {};  ///< besides models.csv, or in its place
  std::vector<FigureFile> figures = {};
  /// "features", "hidden": what the tables and figures take any value of.
  std::vector<std::string> settable = {};
  /// Checks besides the predictions: of the exact theory of the very models.
  std::function<std::vector<Check>(const Results&)> checks = {};
  std::vector<Measure> measures = {};
};

}  // namespace digon
