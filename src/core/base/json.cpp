#include "core/base/json.hpp"

#include <stdexcept>
#include <vector>

#include "core/base/input_error.hpp"

namespace digon {

using nlohmann::json;

namespace {

using Visit = std::function<void(const std::string& key, const json& value)>;

/// Builds the value of a text as it is read; nlohmann's own parser with a callback looks through all of an
/// object again at each of its members.
class Reader final : public nlohmann::json_sax<json> {
 public:
  /// With `visit` the members of the root go there.
  Reader(std::string_view what, const Visit* visit) : what_(what), visit_(visit) {}

  json root;

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(value); }
  bool number_unsigned(number_unsigned_t value) override { return add(value); }
  bool number_float(number_float_t value, const string_t&) override { return add(value); }
  bool string(string_t& value) override { return add(std::move(value)); }
  bool binary(binary_t& value) override { return add(std::move(value)); }
  bool start_object(std::size_t) override { return open(json::object()); }
  bool start_array(std::size_t) override { return open(json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    key_ = std::move(name);
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const json::exception&) override { return false; }

 private:
  /// Deeper ones would be copied and printed by recursion that deep.
  static constexpr std::size_t deepest = 64;

  json* place(json value) {
    if (open_.empty()) {
      root = std::move(value);
      return &root;
    }
    json& parent = *open_.back();
    if (parent.is_array()) return &parent.emplace_back(std::move(value));
    const auto [at, is_new] = parent.emplace(key_, std::move(value));
    if (!is_new) reject("{} has the key '{}' twice", what_, key_);
    return &*at;
  }
  bool open(json value) {
    open_.push_back(place(std::move(value)));
    return open_.size() <= deepest;
  }
  bool close() {
    open_.pop_back();
    hand_over();
    return true;
  }
  bool add(json value) {
    place(std::move(value));
    hand_over();
    return true;
  }
  /// What is complete in the root is the one member it holds.
  void hand_over() {
    if (visit_ == nullptr || open_.size() != 1 || !root.is_object() || root.empty()) return;
    const auto member = root.begin();
    (*visit_)(member.key(), member.value());
    root.erase(member);
  }

  std::string what_;
  const Visit* visit_;
  std::vector<json*> open_;
  std::string key_;
};

void read(std::string_view text, Reader& reader, std::string_view what) {
  if (!json::sax_parse(text, &reader)) reject("{} is not valid JSON", what);
}

}  // namespace

json parse_json(std::string_view text, std::string_view what) {
  Reader reader(what, nullptr);
  read(text, reader, what);
  return std::move(reader.root);
}

void visit_members(std::string_view text, std::string_view what, const Visit& visit) {
  Reader reader(what, &visit);
  read(text, reader, what);
  if (!reader.root.is_object()) reject("{} is not a JSON object", what);
}

std::string dump_json(const json& value, int indent) {
  return value.dump(indent);
}

json to_json(const Eigen::VectorXd& values) {
  return std::vector<double>(values.data(), values.data() + values.size());
}

}  // namespace digon
